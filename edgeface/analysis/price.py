"""Predicted time of a quantized model, as a multiple of another's."""

from __future__ import annotations

from edgeface.graph.ir import Graph, node_macs
from edgeface.quantize.plan import QuantPlan

FLOAT_MACS = 2.5
"""How many int8 multiply–accumulates take as long as one in float, about."""


def predicted_time(graph: Graph, plan: QuantPlan) -> float:
    """The time of one inference in units of an int8 multiply–accumulate."""
    return sum(node_macs(graph, node) * (1.0 if _integer(plan, node.output) else FLOAT_MACS) for node in graph.nodes)


def _integer(plan: QuantPlan, name: str) -> bool:
    return plan.dtype(name) not in {"float16", "float32"}
