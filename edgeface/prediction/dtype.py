"""The dtype that most of a model's multiplications have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeface.cost.network import Layer, Network
from edgeface.cost.readers import read_network
from edgeface.cost.work import Uncounted
from edgeface.prediction.runtimes import BoardRuntime

_INTEGERS = frozenset({"int8", "uint8"})
_NCNN_WEIGHTS = {"InnerProduct": 2}
_NCNN_INT8_SCALES = 8


def dtype_of(model: Path, runtime: BoardRuntime) -> str:
    """The dtype of most multiplications: "int8", "float32", or "bfloat16" where values are stored in it.

    Raises:
        InputError: the file is not usable.
        GraphError: the network is invalid, or contains an operator of unknown cost.
    """
    return _ncnn_dtype(model) if runtime.reads == "ncnn" else _network_dtype(read_network(model, str(model)))


def _network_dtype(network: Network) -> str:
    makers = {name: layer for layer in network.layers for name in layer.outputs}
    macs = {True: 0, False: 0}
    for layer in network.layers:
        if layer.work.macs:
            macs[_INTEGERS.isdisjoint(_dtypes(layer, network, makers))] += layer.work.macs
    return "int8" if macs[False] > macs[True] else "float32"


def _dtypes(layer: Layer, network: Network, makers: dict[str, Layer]) -> Iterator[str]:
    """The dtypes of what a layer multiplies, before it was dequantized: ONNX Runtime then computes in integers."""
    for name in (*layer.inputs, *layer.weights):
        yield network.tensors[name].dtype
        maker = makers.get(name)
        if maker is not None and isinstance(maker.work, Uncounted) and maker.work.role == "quantize":
            yield from (network.tensors[read].dtype for read in maker.inputs)


def _ncnn_dtype(model: Path) -> str:
    """By the number of weights, which the graph's text says, unlike sizes."""
    from edgeface.backends.ncnn.files import read_network as read_param

    network = read_param(model)
    weights = {True: 0, False: 0}
    for layer in network.layers:
        count = layer.params.get(_NCNN_WEIGHTS.get(layer.kind, 6), 0)
        if isinstance(count, int):
            weights[bool(layer.params.get(_NCNN_INT8_SCALES))] += count
    if weights[True] > weights[False]:
        return "int8"
    return "bfloat16" if network.bfloat16 else "float32"
