"""Quantization of an export, from recipe, target and options."""

from __future__ import annotations

from collections import Counter
from typing import Any

from edgeface.backends.target import IoType, Target
from edgeface.compile.examples import examples_of
from edgeface.compile.finer_integers import chosen_algorithms, finished
from edgeface.compile.job import Job
from edgeface.compile.kept_decode import kept_decode, raw_heads
from edgeface.compile.prices import preferred_precision, priced
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.quantize.image_range import image_levels, image_range
from edgeface.quantize.plan import QuantPlan, Stated, in_float32
from edgeface.quantize.precision import asked_precision, state_precision
from edgeface.quantize.quantize import Quantized, QuantizeOptions, needs_examples, quantize
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats


def refuse_dtypes(settings: QuantizeSettings, target: Target) -> None:
    """Refuse a recipe with a dtype that an integer target cannot compute; float targets are not checked.

    Raises:
        InputError: with the first pattern that requests one.
    """
    for pattern, asked in settings.precision.items():
        if target.scheme is not None and asked.dtype not in target.dtypes:
            raise InputError(
                f"{target.name} cannot compute in {asked.dtype}",
                where=f"recipe, [quantize.precision], {pattern!r}",
                fix=f"use {' or '.join(d for d in target.dtypes if d != 'uint8')}, or export to another target",
            )


def float_plan(job: Job, graph: Graph, target: Target) -> QuantPlan:
    """The plan of a float target: its float dtype, except for values that the recipe keeps in float32."""
    patterns = in_float32(job.recipe.half.keep_float) if target.half else {}
    section = "[half.keep_float]"
    return target.float_plan(state_precision(graph, patterns, float_interface=False, section=section, integers=False))


def stated_precision(job: Job, graph: Graph, target: Target, io: IoType) -> dict[str, Stated]:
    """Values that target, recipe and tables of prices compute in another dtype than the scheme's 8 bits, and why.

    With `integer_only`, everything that can be integer is: only ops without an integer kernel are in float.
    """
    job = job.for_target(target)
    patterns = {**in_float32(target.float_kinds), **job.recipe.quantize.patterns_for(target.name)}
    if job.options.integer_only:
        patterns = {pattern: asked for pattern, asked in patterns.items() if not asked.is_float}
    asked = asked_precision(graph, patterns)
    preferred = preferred_precision(job, graph, target, io, state_precision(graph, patterns, io == "float") | asked)
    if not job.options.integer_only and "float32" in target.dtypes:
        contract = job.source.contract
        preferred = {**preferred, **raw_heads(contract, graph), **kept_decode(contract, graph)}
    return state_precision(graph, patterns, io == "float", preferred=preferred)


def quantize_for(job: Job, graph: Graph, target: Target, io: IoType, stats: CalibrationStats) -> Quantized:
    """The graph quantized by the recipe and the target's scheme; `stats` must be of this graph."""
    assert target.scheme is not None
    job = job.for_target(target)
    settings, image = job.recipe.quantize, job.source.contract.input
    options = QuantizeOptions(
        ranges=settings.ranges,
        algorithms=chosen_algorithms(job),
        stated=stated_precision(job, graph, target, io),
        known={image.name: image_range(image_levels(image.mean, image.scale), target.scheme)},
        examples=examples_of(job) if needs_examples(settings.chosen) else None,
    )
    return finished(job, target.scheme, quantize(graph, stats, target.scheme, options))


def summary(job: Job, target: Target, io: IoType, quantized: Quantized) -> dict[str, Any]:
    """The manifest's record of quantization."""
    assert target.scheme is not None
    job = job.for_target(target)
    settings = job.recipe.quantize
    graph, plan = quantized.graph, quantized.plan
    prices = priced(job, graph, plan, target, io)
    made = Counter(plan.dtype(name) for name in graph.reals)
    return {
        "scheme": target.scheme.name,
        "integer_only": job.options.integer_only,
        "ranges": settings.ranges.as_dict(),
        "algorithms": [{"name": chosen.name, "parameters": chosen.as_dict()} for chosen in chosen_algorithms(job)],
        "plan_sha256": quantized.digest,
        "dtypes": dict(sorted(made.items())),
        "kept_float": by_reason(plan),
        **({} if prices is None else {"prices": prices}),
    }


def by_reason(plan: QuantPlan) -> dict[str, list[str]]:
    """The values that are kept in float, by reason."""
    reasons: dict[str, list[str]] = {}
    for name, reason in plan.kept_float.items():
        reasons.setdefault(reason, []).append(name)
    return reasons
