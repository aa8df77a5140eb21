"""Build one target: legalize, calibrate, plan, emit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.target import EmitOptions, IoType, Target
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import BuildOptions, Job
from edgeface.core.progress import note, step
from edgeface.cost.record import bias_record
from edgeface.graph.ir import Graph
from edgeface.passes import run_passes
from edgeface.quantize.derive import derive
from edgeface.quantize.float_fallback import float_fallback
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.quantize import Quantized, QuantizeOptions, quantize
from edgeface.quantize.scheme import Scheme
from edgeface.quantize.statistics import CalibrationStats


@dataclass(frozen=True)
class Built:
    """An emitted model, its files by name.

    `exact` computes in float what the model should; `quantization` is for the manifest.
    """

    target: Target
    exact: Graph
    files: dict[str, bytes]
    io: IoType
    quantization: dict[str, Any] | None

    @property
    def model(self) -> bytes:
        """The file that a runtime opens."""
        return self.files[self.target.model_file]

    def write(self, folder: Path) -> Path:
        """Write every file into a folder; the path of the one that a runtime opens."""
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        return folder / self.target.model_file


def build(job: Job, target: Target, stats: CalibrationStats | None = None) -> Built:
    """Emit the model of one target.

    Args:
        job: what is built.
        target: for what.
        stats: of the job's graph; an int8 target calibrates where none are given.

    Raises:
        InputError: an int8 target without images to calibrate with.
        GraphError: the target cannot express the graph.
    """
    graph = run_passes(job.graph, target.legalize)
    if target.scheme is None:
        if job.options != BuildOptions():
            note(f"{target.name} stays float: {' '.join(_given(job.options))} is for int8 targets")
        patterns = job.recipe.half.keep_float if target.half else {}
        kept = float_fallback(graph, patterns, float_interface=False, section="half.keep_float")
        files = target.emit(graph, QuantPlan(kept_float=kept), EmitOptions("float", _metadata(job, graph)))
        return Built(target, graph, files, "float", {"kept_float": _by_reason(kept)} if kept else None)
    io = _io(job, target)
    if target.integer_forms is not None:
        graph = target.integer_forms(graph, float_fallback(graph, _patterns(job, target), io == "float"))
    quantized = _quantized(job, graph, target, io, derive(graph, stats or calibrate(job)))
    with step(f"emitting {target.name}"):
        files = target.emit(quantized.graph, quantized.plan, EmitOptions(io, _metadata(job, graph)))
    return Built(target, quantized.exact, files, io, _summary(job, target.scheme, quantized))


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


def _quantized(job: Job, graph: Graph, target: Target, io: IoType, stats: CalibrationStats) -> Quantized:
    assert target.scheme is not None
    settings = job.recipe.quantize
    image = job.source.contract.input
    options = QuantizeOptions(
        rule=settings.ranges,
        kept_float=float_fallback(graph, _patterns(job, target), io == "float"),
        known={image.name: image.value_range},
        equalize=settings.equalize,
        round_weights=settings.round_weights,
    )
    with step("choosing scales and rounding weights"):
        return quantize(graph, stats, target.scheme, options)


def _patterns(job: Job, target: Target) -> dict[str, str]:
    """What the target and the recipe keep in float, and why."""
    return {} if job.options.integer_only else {**target.float_kinds, **job.recipe.quantize.keep_float}


def _summary(job: Job, scheme: Scheme, quantized: Quantized) -> dict[str, Any]:
    settings = job.recipe.quantize
    return {
        "scheme": scheme.name,
        "integer_only": job.options.integer_only,
        "ranges": asdict(settings.ranges),
        "equalized": settings.equalize,
        "weights_rounded_by_second_moments": settings.round_weights,
        "plan_sha256": quantized.digest,
        "kept_float": _by_reason(quantized.plan.kept_float),
    }


def _by_reason(kept_float: Mapping[str, str]) -> dict[str, list[str]]:
    """The values that are computed in float, by why."""
    reasons: dict[str, list[str]] = {}
    for name, reason in kept_float.items():
        reasons.setdefault(reason, []).append(name)
    return reasons
