"""Rounding that a target's kernels can compute: scales of weights grow until the rounded weights suit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan

MAX_RELIEFS = 40
"""Scales grow by 3 % each time, so after 24 rounds a channel has half its steps and cannot exceed a limit."""

Relief: TypeAlias = Callable[[Graph, QuantPlan], QuantPlan | None]
"""Returns a plan with larger weight scales, given weights rounded to the current one; None where they are fine."""


def round_within_limits(
    rounded: Callable[[QuantPlan], Graph], plan: QuantPlan, relieve: Relief | None, where: str
) -> tuple[Graph, QuantPlan]:
    """The rounded graph, and the plan with scales at which the target's kernels can compute it.

    Args:
        rounded: the graph with weights rounded to a plan's scales, each time from the real ones.
        plan: the first one to try.
        relieve: the scheme's, if it has one.
        where: name of the graph, for the error.

    Raises:
        GraphError: no weight scales fit the scheme.
    """
    for _ in range(MAX_RELIEFS):
        graph = rounded(plan)
        relieved = None if relieve is None else relieve(graph, plan)
        if relieved is None:
            return graph, plan
        plan = relieved
    raise GraphError("no weight scales satisfy the limits of the target's kernels", where=where)
