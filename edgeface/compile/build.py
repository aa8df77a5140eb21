"""Build one target: legalize, calibrate, plan, emit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from edgeface.backends.target import EmitOptions, IoType, Target
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import BuildOptions, Job
from edgeface.core.progress import note, step
from edgeface.cost.record import bias_record
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.passes import run_passes
from edgeface.quantize.derive import derive
from edgeface.quantize.plan import QuantPlan, Stated, in_float32
from edgeface.quantize.precision import state_precision
from edgeface.quantize.quantize import Quantized, QuantizeOptions, quantize
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats


@dataclass(frozen=True)
class Built:
    """An emitted model. `exact` computes in float what the model should; `quantization` is for the manifest."""

    target: Target
    exact: Graph
    model: bytes
    io: IoType
    quantization: dict[str, Any] | None


def build(job: Job, target: Target, stats: CalibrationStats | None = None) -> Built:
    """Emit the model of one target.

    Args:
        job: what is built.
        target: for what.
        stats: of the job's graph; an int8 target calibrates where none are given.

    Raises:
        InputError: an int8 target without images to calibrate with, or a recipe that asks for a dtype that the target
            has not.
        GraphError: the target cannot express the graph.
    """
    graph = run_passes(job.graph, target.legalize)
    if target.scheme is None:
        if job.options != BuildOptions():
            note(f"{target.name} stays float: {' '.join(_given(job.options))} is for int8 targets")
        plan = _float_plan(job, graph, target)
        model = target.emit(graph, plan, EmitOptions("float", _metadata(job, graph)))
        return Built(target, graph, model, "float", {"kept_float": _by_reason(plan)} if plan.stated else None)
    refuse_dtypes(job.recipe.quantize, target)
    io = _io(job, target)
    if target.integer_forms is not None:
        stated = state_precision(graph, _patterns(job, target), io == "float")
        graph = target.integer_forms(graph, {name for name, asked in stated.items() if asked.is_float})
    quantized = _quantized(job, graph, target, io, derive(graph, stats or calibrate(job)))
    with step(f"emitting {target.name}"):
        model = target.emit(quantized.graph, quantized.plan, EmitOptions(io, _metadata(job, graph)))
    return Built(target, quantized.exact, model, io, _summary(job, target.scheme, quantized))


def refuse_dtypes(settings: QuantizeSettings, target: Target) -> None:
    """Refuse a recipe that asks for a dtype in which a target cannot make values.

    Raises:
        InputError: naming the first pattern that asks for one.
    """
    for pattern, asked in settings.precision.items():
        if asked.dtype not in target.dtypes:
            raise InputError(
                f"{target.name} cannot compute in {asked.dtype}",
                where=f"recipe, [quantize.precision], {pattern!r}",
                fix=f"ask for {' or '.join(d for d in target.dtypes if d != 'uint8')}, or export to another target",
            )


def _metadata(job: Job, graph: Graph) -> dict[str, str]:
    """What the model file carries along: its contract, and which biases are the network's own."""
    contract = {"edgeface.contract": job.source.contract.model_dump_json()}
    return contract | bias_record(graph, job.own_biases)


def _given(options: BuildOptions) -> list[str]:
    """The options that a float target has no use for, as the command line spells them."""
    given = [f"--io {options.io}"] if options.io != "float" else []
    named = {"--integer-only": options.integer_only, "--statistics": options.statistics}
    named["--save-statistics"] = options.save_statistics
    return [*given, *(name for name, value in named.items() if value)]


def _io(job: Job, target: Target) -> IoType:
    """The type of inputs and outputs: what is asked for, if the target has it."""
    if job.options.io not in target.io_types:
        note(f"{target.name} keeps float inputs and outputs: --io {job.options.io} is for TFLite")
    return next((kind for kind in target.io_types if kind == job.options.io), "float")


def _float_plan(job: Job, graph: Graph, target: Target) -> QuantPlan:
    """Everything in the target's float dtype, but for what the recipe keeps in float32."""
    patterns = in_float32(job.recipe.half.keep_float) if target.half else {}
    return target.float_plan(state_precision(graph, patterns, float_interface=False, section="half.keep_float"))


def _quantized(job: Job, graph: Graph, target: Target, io: IoType, stats: CalibrationStats) -> Quantized:
    assert target.scheme is not None
    settings = job.recipe.quantize
    image = job.source.contract.input
    options = QuantizeOptions(
        ranges=settings.ranges,
        algorithms=settings.chosen,
        stated=state_precision(graph, _patterns(job, target), io == "float"),
        known={image.name: image.value_range},
    )
    with step("choosing scales and correcting weights"):
        return quantize(graph, stats, target.scheme, options)


def _patterns(job: Job, target: Target) -> dict[str, Stated]:
    """What the target and the recipe want in another dtype than the scheme's, and why."""
    patterns = {**in_float32(target.float_kinds), **job.recipe.quantize.patterns}
    if job.options.integer_only:
        return {pattern: asked for pattern, asked in patterns.items() if not asked.is_float}
    return patterns


def _summary(job: Job, scheme: Scheme, quantized: Quantized) -> dict[str, Any]:
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
        "kept_float": _by_reason(plan),
    }


def _by_reason(plan: QuantPlan) -> dict[str, list[str]]:
    """The values that are computed in float, by why."""
    reasons: dict[str, list[str]] = {}
    for name, reason in plan.kept_float.items():
        reasons.setdefault(reason, []).append(name)
    return reasons
