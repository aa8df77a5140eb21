"""What a recipe, a target and the options of an export make of quantization."""

from __future__ import annotations

from collections import Counter
from typing import Any

from edgeface.backends.target import IoType, Target
from edgeface.compile.job import Job
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan, Stated, in_float32
from edgeface.quantize.precision import state_precision
from edgeface.quantize.quantize import Quantized, QuantizeOptions, quantize
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats


def refuse_dtypes(settings: QuantizeSettings, target: Target) -> None:
    """Refuse a recipe that asks for a dtype in which an integer target cannot make values; a float one is not asked.

    Raises:
        InputError: naming the first pattern that asks for one.
    """
    for pattern, asked in settings.precision.items():
        if target.scheme is not None and asked.dtype not in target.dtypes:
            raise InputError(
                f"{target.name} cannot compute in {asked.dtype}",
                where=f"recipe, [quantize.precision], {pattern!r}",
                fix=f"ask for {' or '.join(d for d in target.dtypes if d != 'uint8')}, or export to another target",
            )


def float_plan(job: Job, graph: Graph, target: Target) -> QuantPlan:
    """The plan of a float target: its own float dtype, but for what the recipe keeps in float32."""
    patterns = in_float32(job.recipe.half.keep_float) if target.half else {}
    return target.float_plan(state_precision(graph, patterns, float_interface=False, section="[half.keep_float]"))


def stated_precision(job: Job, graph: Graph, target: Target, io: IoType) -> dict[str, Stated]:
    """What the target and the recipe want in another dtype than the scheme's 8 bits, and why.

    With `integer_only` nothing stays in float that could be integers.
    """
    patterns = {**in_float32(target.float_kinds), **job.recipe.quantize.patterns}
    if job.options.integer_only:
        patterns = {pattern: asked for pattern, asked in patterns.items() if not asked.is_float}
    return state_precision(graph, patterns, io == "float")


def quantize_for(job: Job, graph: Graph, target: Target, io: IoType, stats: CalibrationStats) -> Quantized:
    """The graph quantized as the recipe and the target's scheme say; `stats` are of this very graph."""
    assert target.scheme is not None
    settings, image = job.recipe.quantize, job.source.contract.input
    options = QuantizeOptions(
        ranges=settings.ranges,
        algorithms=settings.chosen,
        stated=stated_precision(job, graph, target, io),
        known={image.name: image.value_range},
    )
    return quantize(graph, stats, target.scheme, options)


def summary(job: Job, scheme: Scheme, quantized: Quantized) -> dict[str, Any]:
    """What the manifest says of quantization."""
    settings = job.recipe.quantize
    graph, plan = quantized.graph, quantized.plan
    made = Counter(plan.dtype(name) for name in graph.activations if graph.type(name).dtype == "float32")
    return {
        "scheme": scheme.name,
        "integer_only": job.options.integer_only,
        "ranges": settings.ranges.as_dict(),
        "algorithms": [{"name": chosen.name, "parameters": chosen.as_dict()} for chosen in settings.chosen],
        "plan_sha256": quantized.digest,
        "dtypes": dict(sorted(made.items())),
        "kept_float": by_reason(plan),
    }


def by_reason(plan: QuantPlan) -> dict[str, list[str]]:
    """The values that are asked to be computed in float, by why."""
    reasons: dict[str, list[str]] = {}
    for name, reason in plan.kept_float.items():
        reasons.setdefault(reason, []).append(name)
    return reasons
