"""Static quantization of a legalized graph: equalize, plan, round."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph
from edgeface.quantize.avoid_ties import avoid_ties
from edgeface.quantize.build_plan import FixedRanges, build_plan
from edgeface.quantize.equalize import equalize
from edgeface.quantize.limit_pair_sums import limit_pair_sums
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.round_weights import round_weights
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.statistics import CalibrationStats

MAX_RELIEFS = 40
"""Scales grow by 3 % each time, so that after 24 a channel has half its steps and can break no limit."""


@dataclass(frozen=True)
class QuantizeOptions:
    """How a graph is quantized; `kept_float` and `known` as in `build_plan`."""

    rule: RangeRule
    kept_float: Mapping[str, str]
    known: FixedRanges
    equalize: bool = True
    round_weights: bool = True


@dataclass(frozen=True)
class Quantized:
    """`exact` computes in float what the source computes; `graph` has its int8 weights on their grids."""

    exact: Graph
    graph: Graph
    plan: QuantPlan

    @property
    def digest(self) -> str:
        """SHA-256 of the plan."""
        params = {name: (p.scale, p.zero_point, p.axis) for name, p in sorted(self.plan.params.items())}
        return hashlib.sha256(json.dumps([params, sorted(self.plan.kept_float)]).encode()).hexdigest()


def quantize(graph: Graph, stats: CalibrationStats, scheme: Scheme, options: QuantizeOptions) -> Quantized:
    """Choose scales and integer weights.

    Args:
        graph: legalized for the target.
        stats: what calibration saw of this very graph.
        scheme: what the target can express.
        options: how to do it.

    Raises:
        GraphError: a value was not observed, or no scale keeps the weights within the scheme's limit for pairs.
    """
    exact, seen = equalize(graph, stats, options.kept_float) if options.equalize else (graph, stats)
    plan = build_plan(exact, seen, scheme, options.rule, known=options.known, kept_float=options.kept_float)
    plan = avoid_ties(exact, plan)
    moments = seen.moments if options.round_weights else {}
    rounded = round_weights(exact, plan, moments)
    if scheme.pair_limit is None:
        return Quantized(exact, rounded, plan)
    for _ in range(MAX_RELIEFS):
        relieved = limit_pair_sums(rounded, plan, scheme.pair_limit)
        if relieved is None:
            return Quantized(exact, rounded, plan)
        plan, rounded = relieved, round_weights(exact, relieved, moments)
    raise GraphError("weights still saturate on some processors, however large their scales", where=graph.name)
