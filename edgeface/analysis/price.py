"""Predicted time of a model like another, as a multiple of it."""

from __future__ import annotations

from edgeface.backends.target import Target
from edgeface.compile.job import Job
from edgeface.compile.prices import deciding_tables
from edgeface.cost.prices.predict import predict_us
from edgeface.graph.ir import Graph, node_macs
from edgeface.quantize.plan import FLOATS, QuantPlan

FLOAT_MACS = 2.5
"""Where no table of prices describes a target's kernels: a multiply–accumulate in float takes about so many in int8."""


class Prices:
    """Predicts times of models of one job and target, by the tables of prices that decide its export.

    With several tables it is the mean of their ratios.

    Args:
        job: the export.
        target: its target.
        graph, plan: the model that others are compared with.
    """

    def __init__(self, job: Job, target: Target, graph: Graph, plan: QuantPlan) -> None:
        self._tables = deciding_tables(job.options.device) if target.priced else ()
        self._before = self._times(graph, plan)

    @property
    def source(self) -> str:
        """Where the times are from, in words."""
        if not self._tables:
            return "by counted multiply–accumulates: no table of prices describes this target's kernels"
        return f"by the table{'s' * (len(self._tables) > 1)} of prices of " + ", ".join(t.name for t in self._tables)

    def ratio(self, graph: Graph, plan: QuantPlan) -> float:
        """The predicted time of a model, as a multiple."""
        times = self._times(graph, plan)
        return sum(time / before for time, before in zip(times, self._before, strict=True)) / len(times)

    def _times(self, graph: Graph, plan: QuantPlan) -> list[float]:
        if self._tables:
            return [predict_us(graph, plan.dtype, table) for table in self._tables]
        in_float = {node.output for node in graph.nodes if plan.dtype(node.output) in FLOATS}
        return [sum(node_macs(graph, n) * (FLOAT_MACS if n.output in in_float else 1.0) for n in graph.nodes) + 1.0]
