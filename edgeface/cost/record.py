"""Record in artifacts which biases the network was defined with, which is lost when batch norm is folded.

`folding` reads it, so that an artifact's LFR count exactly equals that of its checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edgeface.cost.recorded import ADDED, FORMAT, OWN_BIASES, digest
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose


def own_biases(graph: Graph) -> dict[str, bool]:
    """Whether each layer has a bias, by its origin, in a graph before batch norm is folded."""
    return {node.origin: len(node.inputs) > 2 for node in _layers(graph)}


def bias_record(graph: Graph, own: Mapping[str, bool]) -> dict[str, str]:
    """The metadata entry for an emitted graph: a mark for each layer, by the name of its weights.

    Without an entry where layers of different marks share their weights.
    """
    marks = {None: ADDED, False: "0", True: "1"}
    found: dict[str, str] = {}
    for node in _layers(graph):
        mark = marks[own.get(node.origin)]
        if found.setdefault(digest(node.inputs[1]), mark) != mark:
            return {}
    return {OWN_BIASES: " ".join([FORMAT, *(key + mark for key, mark in found.items())])}


def _layers(graph: Graph) -> Iterable[Node]:
    return (node for node in graph.nodes if isinstance(node.op, Conv | ConvTranspose | Gemm))
