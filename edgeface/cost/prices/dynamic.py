"""Predicted time of tflite-dynamic: int8 weights, float activations, hybrid kernels for some convolutions."""

from __future__ import annotations

from edgeface.backends.tflite.hybrid import runs_hybrid
from edgeface.cost.prices.predict import node_us
from edgeface.cost.prices.table import PriceTable
from edgeface.cost.prices.work import work_of
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.conv import Conv


def predict_dynamic_us(graph: Graph, table: PriceTable) -> float | None:
    """Microseconds of one inference of a graph that is legalized for TFLite; None if the table lacks hybrid prices."""
    return sum(_node_us(graph, node, table) for node in graph.nodes) if table.hybrid else None


def _node_us(graph: Graph, node: Node, table: PriceTable) -> float:
    if not isinstance(node.op, Conv) or not runs_hybrid(node.op, graph.type(node.inputs[1]).shape):
        return node_us(graph, node, "float32", table)
    work = work_of(graph, node, table.tiles["int8"].tile)
    assert work is not None
    return table.hybrid[work.kind].of(work)
