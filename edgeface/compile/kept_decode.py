"""Compute in float what integers hold badly behind a detector's layers: a decode inside the graph, and raw scores.

Places of faces of all sizes have no scale in common. Scores in front of a sigmoid go far below 0, where all are alike,
so that one scale for all of them leaves few steps where a face is decided.
"""

from __future__ import annotations

import numpy as np

from edgeface.contracts import Contract
from edgeface.graph.ir import Graph, Node
from edgeface.quantize.plan import Stated
from edgeface.tasks.detection.decode_in_graph import decode_in_graph
from edgeface.tasks.detection.score_form import raw_scores

_LAYERS = frozenset({"Conv", "ConvTranspose", "Gemm", "GeneralGemm", "MatMul"})
_RAW = "it gives scores in front of a sigmoid, whose one scale would leave few steps where a face is decided"
_REASON = "it is part of the decode inside the graph: places of faces of all sizes have no scale in common"


def kept_decode(contract: Contract, graph: Graph) -> dict[str, Stated]:
    """The values behind a detector's last layers in float32, if its contract says that the graph decodes them.

    Args:
        contract: of any task.
        graph: the legalized graph.
    """
    if decode_in_graph(contract) is None:
        return {}
    early: set[str] = set()
    for node in reversed(graph.nodes):
        if _is_layer(graph, node) or not early.isdisjoint(node.outputs):
            early.update(node.inputs)
    late = [name for node in graph.nodes if not _is_layer(graph, node) for name in node.outputs if name not in early]
    return {name: Stated("float32", _REASON) for name in late}


def raw_heads(contract: Contract, graph: Graph) -> dict[str, Stated]:
    """The values of the layers that give scores in front of a sigmoid or softmax, and what moves them, in float32.

    Arguments as of `kept_decode`.
    """
    found: dict[str, Stated] = {}
    waiting = [name for name in raw_scores(contract) if name in graph.producers]
    while waiting:
        name = waiting.pop()
        node = graph.producers.get(name)
        if node is None or name in found:
            continue
        found[name] = Stated("float32", _RAW)
        if not _is_layer(graph, node):
            waiting.extend(node.inputs)
    return found


def _is_layer(graph: Graph, node: Node) -> bool:
    """Whether a node has learned weights; those of a distribution are 0, 1, 2 and so on."""
    if type(node.op).__name__ not in _LAYERS:
        return False
    weights = graph.constant(node.inputs[1])
    return weights is None or weights.size < 2 or not np.array_equal(weights.reshape(-1), np.arange(weights.size))
