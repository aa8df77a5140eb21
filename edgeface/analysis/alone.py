"""Error alone: what the outputs lose where one layer only is quantized, and all others stay in float."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Literal, TypeAlias

import numpy as np

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.core.progress import track
from edgeface.graph.ir import Graph, Node
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.quantization import DequantizeLinear, QuantizeLinear
from edgeface.graph.types import Array
from edgeface.quantize.quantize import Quantized
from edgeface.validate.reference import Network
from edgeface.validate.tensors import TensorAgreement, compare_tensors

Part: TypeAlias = Literal["both", "output", "weights"]
_Lost: TypeAlias = Callable[[str, Part], float]
IMAGES = 2
"""A layer's effect in dB hardly differs from image to image."""

EXPLAINED = 12
"""So many of the worst layers are measured by their parts too."""


@dataclass(frozen=True)
class Alone:
    """One layer alone in integers: the lowest SNR of the network's outputs in dB.

    Attributes:
        name: the value that the layer makes; an input of the network stands for itself.
        node: the layer in words.
        snr_db: with its weights and its output on their grids.
        output_db: with only its output on its grid; None where not measured.
        weights_db: with only its weights on their grids; None where not measured, or there are none.
    """

    name: str
    node: str
    snr_db: float
    output_db: float | None = None
    weights_db: float | None = None


def errors_alone(quantized: Quantized, names: Sequence[str], feeds: Sequence[dict[str, Array]]) -> list[Alone]:
    """The error of each layer alone, in the order of the graph; the worst ones by their parts too.

    Weights and values are rounded as planned, and the arithmetic between them is float: what is measured is the loss
    of the layer's integers, not of a runtime's kernels.

    Args:
        quantized: the exact graph, the rounded one and the plan.
        names: the values that are computed in integers, and inputs that are stored so.
        feeds: inputs of the exact graph.
    """
    exact = quantized.exact
    run = OrtRunner(write_onnx(exact)).run
    wanted = [run(feed) for feed in feeds]

    def lost(name: str, part: Part) -> float:
        return _lowest(OrtRunner(write_onnx(only_layer(quantized, name, part))).run, feeds, wanted)

    found = [
        Alone(name, str(exact.producers[name]) if name in exact.producers else f"input {name!r}", lost(name, "both"))
        for name in track([name for name in names if name in quantized.plan.params], "error of each layer alone")
    ]
    worst = {each.name for each in sorted(found, key=lambda each: each.snr_db)[:EXPLAINED]}
    return [_explained(each, quantized, lost) if each.name in worst else each for each in found]


def _explained(each: Alone, quantized: Quantized, lost: _Lost) -> Alone:
    if not _weights(quantized, each.name):
        return replace(each, output_db=each.snr_db)
    return replace(each, output_db=lost(each.name, "output"), weights_db=lost(each.name, "weights"))


def only_layer(quantized: Quantized, name: str, part: Part = "both") -> Graph:
    """The exact graph with one layer's weights and its output on their grids.

    Args:
        quantized: the exact graph, the rounded one and the plan.
        name: the value that the layer makes, or an input.
        part: whether only the output, or only the weights.
    """
    exact, constants = quantized.exact, quantized.exact.constants
    if part != "output":
        constants |= _weights(quantized, name)
    if part == "weights":
        return exact.rebuild(constants=constants)
    params, stored, restored = quantized.plan.params[name], f"{name}/alone/stored", f"{name}/alone"
    scale, zero = f"{name}/alone/scale", f"{name}/alone/zero_point"
    constants |= {scale: np.array(params.scale[0], np.float32), zero: np.array(params.zero_point, params.dtype)}
    pair = [
        Node(QuantizeLinear(), (_real(exact, name), scale, zero), (stored,)),
        Node(DequantizeLinear(), (stored, scale, zero), (restored if name in exact.inputs else name,)),
    ]
    nodes = [_around(node, name, restored if name in exact.inputs else None) for node in exact.nodes]
    return exact.rebuild([*nodes, *pair], constants)


def _real(exact: Graph, name: str) -> str:
    return name if name in exact.inputs else f"{name}/alone/real"


def _around(node: Node, name: str, restored: str | None) -> Node:
    """A node that makes the value under another name, or, of an input, reads it restored."""
    if restored is not None:
        return replace(node, inputs=tuple(restored if read == name else read for read in node.inputs))
    return replace(node, outputs=tuple(f"{name}/alone/real" if made == name else made for made in node.outputs))


def _weights(quantized: Quantized, name: str) -> dict[str, Array]:
    """The constants of the node that makes a value, on their grids; empty where none is quantized."""
    producer = quantized.exact.producers.get(name)
    if producer is None:
        return {}
    found = {}
    for read in producer.inputs:
        rounded, params = quantized.graph.constant(read), quantized.plan.params.get(read)
        if rounded is not None:
            found[read] = rounded if params is None else params.dequantize(params.quantize(rounded))
    return found if any(read in quantized.plan.params for read in found) else {}


def _lowest(run: Network, feeds: Sequence[dict[str, Array]], wanted: Sequence[dict[str, Array]]) -> float:
    sums: dict[str, list[TensorAgreement]] = {}
    for feed, expected in zip(feeds, wanted, strict=True):
        got = run(feed)
        for name, array in expected.items():
            sums.setdefault(name, []).append(compare_tensors(array, got[name]))
    return min(reduce(add, each).snr_db for each in sums.values())
