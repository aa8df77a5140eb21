"""Static quantization of a legalized graph: correct the graph, plan, correct the weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from edgeface.core.blas_threads import one_blas_thread
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.quantize.algorithm import (
    Chosen,
    ExampleCorrection,
    Exemplified,
    GraphCorrection,
    WeightCorrection,
)
from edgeface.quantize.build_plan import FixedRanges, build_plan
from edgeface.quantize.examples import Examples
from edgeface.quantize.plan import QuantPlan, Stated
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.relief import round_within_limits
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.statistics import CalibrationStats, Statistic


@dataclass(frozen=True)
class QuantizeOptions:
    """Options of quantization.

    Attributes:
        ranges: rule for choosing ranges.
        algorithms: corrections of the graph and its weights, each kind in this order.
        stated: values with another dtype than the scheme's 8 bits, and the reasons.
        known: ranges known in advance, such as an image's after normalization.
        examples: calibration images, which some corrections need besides statistics.
    """

    ranges: RangeRule = field(default_factory=RangeRule)
    algorithms: tuple[Chosen, ...] = ()
    stated: Mapping[str, Stated] = field(default_factory=dict)
    known: FixedRanges = field(default_factory=dict)
    examples: Examples | None = None


@dataclass(frozen=True)
class Quantized:
    """The result: `exact` is equivalent to the source in float; in `graph`, int8 weights are on their grids.

    `stats` are the statistics of `exact`.
    """

    exact: Graph
    graph: Graph
    plan: QuantPlan
    stats: CalibrationStats

    @property
    def digest(self) -> str:
        """SHA-256 of the plan."""
        params = {name: (p.dtype, p.scale, p.zero_point, p.axis) for name, p in sorted(self.plan.params.items())}
        plain = {name: asked.dtype for name, asked in sorted(self.plan.stated.items())}
        formed = {name: asked.form for name, asked in self.plan.stated.items() if asked.form != "plain"}
        stated = {name: f"{dtype} {formed[name]}" if name in formed else dtype for name, dtype in plain.items()}
        return hashlib.sha256(json.dumps([params, stated, self.plan.default]).encode()).hexdigest()


@one_blas_thread()
def quantize(graph: Graph, stats: CalibrationStats, scheme: Scheme, options: QuantizeOptions) -> Quantized:
    """The quantized graph: scales and integer weights.

    Args:
        graph: legalized for the target.
        stats: calibration statistics of this graph.
        scheme: the target's scheme.
        options: ranges, corrections and dtypes.

    Raises:
        InputError: the statistics lack a kind that an algorithm needs, or it needs images and there are none.
        GraphError: a value was not observed, or no weight scales fit the scheme.
    """
    require_statistics(stats.holds, (options.ranges.chosen, *options.algorithms), graph.name)
    _require_examples(options, graph.name)
    kept_float = {name for name, asked in options.stated.items() if asked.is_float}
    exact, observed = graph, stats
    for chosen in options.algorithms:
        if isinstance(chosen.algorithm, GraphCorrection):
            exact, observed = chosen.algorithm.correct(exact, observed, kept_float, chosen.parameters)
    plan = build_plan(exact, observed, scheme, options.ranges, known=options.known, stated=options.stated)
    corrected, plan = round_within_limits(
        lambda scales: _corrected(exact, scales, observed, options), plan, scheme.relieve, graph.name
    )
    corrected, plan = _by_examples(exact, corrected, plan, scheme, options)
    return Quantized(exact, corrected, plan, observed)


def require_statistics(holds: Collection[Statistic], algorithms: Collection[Chosen], where: str) -> None:
    """Reject statistics that lack a kind that algorithms need.

    Args:
        holds: the gathered kinds.
        algorithms: all algorithms that will run.
        where: name of the statistics, for the error.

    Raises:
        InputError: naming the first algorithm with missing statistics, and their kinds.
    """
    for chosen in algorithms:
        lacking = [kind.replace("_", " ") for kind in chosen.algorithm.needs if kind not in holds]
        if lacking:
            raise InputError(
                f"the statistics lack {' and '.join(lacking)}, which {chosen.name} needs",
                where=where,
                fix=f"calibrate again without --statistics, or choose another algorithm than {chosen.name}",
            )


def needs_examples(algorithms: Collection[Chosen]) -> bool:
    """Whether one of the algorithms runs images, so that statistics are not enough."""
    return any(isinstance(chosen.algorithm, ExampleCorrection) for chosen in algorithms)


def _require_examples(options: QuantizeOptions, where: str) -> None:
    """Reject a correction that needs images where there are none."""
    for chosen in options.algorithms:
        if needs_examples([chosen]) and (options.examples is None or options.examples.count == 0):
            raise InputError(
                f"{chosen.name} runs calibration images, and there are none: statistics are not enough",
                where=where,
                fix=f"pass --calibration DIR, beside --statistics too, or leave {chosen.name} out of the recipe's "
                "[quantize] algorithms",
            )


def _by_examples(
    exact: Graph, corrected: Graph, plan: QuantPlan, scheme: Scheme, options: QuantizeOptions
) -> tuple[Graph, QuantPlan]:
    """The graph and the plan, corrected by the algorithms that run images."""
    for chosen in options.algorithms:
        if isinstance(chosen.algorithm, ExampleCorrection):
            assert options.examples is not None
            start = Exemplified(exact, corrected, plan, options.examples, scheme.relieve)
            corrected, plan = chosen.algorithm.correct(start, chosen.parameters)
    return corrected, plan


def _corrected(graph: Graph, plan: QuantPlan, stats: CalibrationStats, options: QuantizeOptions) -> Graph:
    """The graph with its weights corrected by the algorithms."""
    for chosen in options.algorithms:
        if isinstance(chosen.algorithm, WeightCorrection):
            graph = chosen.algorithm.correct(graph, plan, stats, chosen.parameters)
    return graph
