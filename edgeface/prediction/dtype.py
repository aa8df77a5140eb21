"""The dtype that most of a model's multiplications have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeface.cost.network import Layer, Network
from edgeface.cost.readers import read_network
from edgeface.cost.work import Uncounted

_INTEGERS = frozenset({"int8", "uint8"})


def dtype_of(model: Path) -> str:
    """`int8` if most multiply–accumulates are of int8 values or weights, else `float32`.

    Raises:
        InputError: the file is not usable.
        GraphError: the network is invalid, or contains an operator of unknown cost.
    """
    network = read_network(model, str(model))
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
