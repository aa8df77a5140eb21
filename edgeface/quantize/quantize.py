"""Static quantization of a legalized graph: correct the graph, plan, correct the weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from edgeface.errors import GraphError, InputError
from edgeface.graph.ir import Graph
from edgeface.quantize.algorithm import Chosen, GraphCorrection, WeightCorrection
from edgeface.quantize.build_plan import FixedRanges, build_plan
from edgeface.quantize.plan import QuantPlan, Stated
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.statistics import CalibrationStats, Statistic

MAX_RELIEFS = 40
"""Scales grow by 3 % each time, so that after 24 a channel has half its steps and can break no limit."""


@dataclass(frozen=True)
class QuantizeOptions:
    """How a graph is quantized.

    Attributes:
        ranges: how ranges are chosen.
        algorithms: what corrects the graph and its weights, each kind in this order.
        stated: values that are made in another dtype than the scheme's 8 bits, and why.
        known: ranges that are facts, such as an image's after normalization.
    """

    ranges: RangeRule = field(default_factory=RangeRule)
    algorithms: tuple[Chosen, ...] = ()
    stated: Mapping[str, Stated] = field(default_factory=dict)
    known: FixedRanges = field(default_factory=dict)


@dataclass(frozen=True)
class Quantized:
    """`exact` computes in float what the source computes; `graph` has its int8 weights on their grids."""

    exact: Graph
    graph: Graph
    plan: QuantPlan

    @property
    def digest(self) -> str:
        """SHA-256 of the plan."""
        params = {name: (p.dtype, p.scale, p.zero_point, p.axis) for name, p in sorted(self.plan.params.items())}
        stated = {name: asked.dtype for name, asked in sorted(self.plan.stated.items())}
        return hashlib.sha256(json.dumps([params, stated, self.plan.default]).encode()).hexdigest()


def quantize(graph: Graph, stats: CalibrationStats, scheme: Scheme, options: QuantizeOptions) -> Quantized:
    """Choose scales and integer weights.

    Args:
        graph: legalized for the target.
        stats: what calibration saw of this very graph.
        scheme: what the target can express.
        options: how to do it.

    Raises:
        InputError: the statistics lack what an algorithm needs.
        GraphError: a value was not observed, or no scales of the weights suit the scheme.
    """
    require_statistics(stats.holds, (options.ranges.chosen, *options.algorithms), graph.name)
    kept_float = {name for name, asked in options.stated.items() if asked.is_float}
    exact, seen = graph, stats
    for chosen in options.algorithms:
        if isinstance(chosen.algorithm, GraphCorrection):
            exact, seen = chosen.algorithm.correct(exact, seen, kept_float, chosen.parameters)
    plan = build_plan(exact, seen, scheme, options.ranges, known=options.known, stated=options.stated)
    for _ in range(MAX_RELIEFS):
        corrected = _corrected(exact, plan, seen, options)
        relieved = scheme.relieve(corrected, plan) if scheme.relieve is not None else None
        if relieved is None:
            return Quantized(exact, corrected, plan)
        plan = relieved
    raise GraphError("no scales of the weights, however large, suit the target's kernels", where=graph.name)


def require_statistics(holds: Collection[Statistic], algorithms: Collection[Chosen], where: str) -> None:
    """Refuse statistics that lack what algorithms need.

    Args:
        holds: the kinds that were gathered.
        algorithms: all that are to run.
        where: the statistics, for the error.

    Raises:
        InputError: naming the first algorithm that needs more, and what.
    """
    for chosen in algorithms:
        lacking = [kind.replace("_", " ") for kind in chosen.algorithm.needs if kind not in holds]
        if lacking:
            raise InputError(
                f"these statistics hold no {' and no '.join(lacking)}, which {chosen.name} needs",
                where=where,
                fix=f"calibrate again: leave out --statistics, or choose another algorithm than {chosen.name}",
            )


def _corrected(graph: Graph, plan: QuantPlan, stats: CalibrationStats, options: QuantizeOptions) -> Graph:
    """The graph with its weights as the plan's algorithms want them."""
    for chosen in options.algorithms:
        if isinstance(chosen.algorithm, WeightCorrection):
            graph = chosen.algorithm.correct(graph, plan, stats, chosen.parameters)
    return graph
