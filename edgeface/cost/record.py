"""Record in artifacts which biases the network was defined with, which is lost when batch norm is folded.

`folding` reads it, so that an artifact's LFR count exactly equals that of its checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edgeface.cost.folding import ADDED, OWN_BIASES
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv, Gemm


def own_biases(graph: Graph) -> dict[str, bool]:
    """Whether each layer has a bias, by its origin, in a graph before batch norm is folded."""
    return {node.origin: len(node.inputs) > 2 for node in _layers(graph)}


def bias_record(graph: Graph, own: Mapping[str, bool]) -> dict[str, str]:
    """The metadata entry for an emitted graph: a mark per layer, in the file's order."""
    marks = {None: ADDED, False: "0", True: "1"}
    return {OWN_BIASES: "".join(marks[own.get(node.origin)] for node in _layers(graph))}


def _layers(graph: Graph) -> Iterable[Node]:
    return (node for node in graph.nodes if isinstance(node.op, Conv | Gemm))
