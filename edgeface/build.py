"""Build one target: legalize, calibrate, plan, emit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgeface.complexity.record import bias_record
from edgeface.detector import Detector
from edgeface.errors import InputError
from edgeface.evaluation.certificate import LabelledFaces
from edgeface.evaluation.labels import LabelledPhotographs
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array
from edgeface.passes import run_passes
from edgeface.photographs import Photographs
from edgeface.progress import note, step
from edgeface.quantize.islands import float_islands
from edgeface.quantize.observe import graph_digest, observe, observed_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.quantize import Quantized, QuantizeOptions, quantize
from edgeface.quantize.schemes import Scheme
from edgeface.quantize.statistics import CalibrationStats
from edgeface.recipe import Recipe
from edgeface.recogniser import Recogniser
from edgeface.runtimes.ort import OrtRunner
from edgeface.source import Source
from edgeface.targets.target import IO_TYPES, EmitOptions, IoType, Target
from edgeface.task_pictures import drawn_for, task_pictures
from edgeface.tasks.agreement import view

DRAWN_PICTURES = 8


@dataclass(frozen=True)
class BuildOptions:
    """How int8 targets are built; see `edgeface.pipeline.ExportRequest`."""

    io: str = "float"
    integer_only: bool = False
    statistics: Path | None = None
    save_statistics: Path | None = None


@dataclass(frozen=True)
class Job:
    """One export: the source, its optimised graph, and how it is to be built.

    `own_biases` tells by origin whether each layer was defined with a bias. `detector` finds the
    faces that a recogniser is shown, where its photographs are no aligned faces; on the pairs of `labelled` its
    decisions are judged. With `recogniser` a detector's landmark errors are judged by what they cost in identity, and
    on the labelled `scenes` its average precision is.
    """

    source: Source
    graph: Graph
    own_biases: Mapping[str, bool]
    recipe: Recipe
    photographs: Photographs
    options: BuildOptions
    detector: Detector | None = None
    labelled: LabelledFaces | None = None
    recogniser: Recogniser | None = None
    scenes: LabelledPhotographs | None = None


@dataclass(frozen=True)
class Built:
    """An emitted model. `exact` computes in float what the model should; `quantization` is for the manifest."""

    target: Target
    exact: Graph
    model: bytes
    io: IoType
    quantization: dict[str, Any] | None


def build(job: Job, target: Target) -> Built:
    """Emit the model of one target.

    Raises:
        InputError: an int8 target without photographs to calibrate with.
        GraphError: the target cannot express the graph.
    """
    graph = run_passes(job.graph, target.legalize)
    if target.scheme is None:
        if job.options != BuildOptions():
            note(f"{target.name} stays float: {' '.join(_given(job.options))} is for int8 targets")
        model = target.emit(graph, QuantPlan(), EmitOptions("float", _metadata(job, graph)))
        return Built(target, graph, model, "float", None)
    io = next(kind for kind in IO_TYPES if kind == job.options.io)
    if target.integer_forms is not None:
        graph = target.integer_forms(graph, float_islands(graph, _patterns(job, target), io == "float"))
    quantized = _quantized(job, graph, target, io)
    with step(f"emitting {target.name}"):
        model = target.emit(quantized.graph, quantized.plan, EmitOptions(io, _metadata(job, graph)))
    return Built(target, quantized.exact, model, io, _summary(job, target.scheme, quantized))


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


def _quantized(job: Job, graph: Graph, target: Target, io: IoType) -> Quantized:
    assert target.scheme is not None
    settings = job.recipe.quantize
    image = job.source.contract.input
    options = QuantizeOptions(
        rule=settings.ranges,
        kept_float=float_islands(graph, _patterns(job, target), io == "float"),
        known={image.name: image.value_range},
        equalize=settings.equalize,
        round_weights=settings.round_weights,
    )
    stats = _calibrate(job, graph)
    with step("choosing scales and rounding weights"):
        return quantize(graph, stats, target.scheme, options)


def _patterns(job: Job, target: Target) -> dict[str, str]:
    """What the target and the recipe keep in float, and why."""
    return {} if job.options.integer_only else {**target.float_kinds, **job.recipe.quantize.keep_float}


def _calibrate(job: Job, graph: Graph) -> CalibrationStats:
    if job.options.statistics is not None:
        return _loaded(job.options.statistics, graph)
    runner = OrtRunner(observed_onnx(graph))
    stats = observe(graph, runner.run, _feeds(job))
    if job.options.save_statistics is not None:
        stats.save(job.options.save_statistics)
    return stats


def _loaded(path: Path, graph: Graph) -> CalibrationStats:
    stats = CalibrationStats.load(path)
    if stats.graph_digest != graph_digest(graph):
        raise InputError(
            "these statistics are of another network, input size or version of edgeface",
            where=str(path),
            fix="calibrate again: leave out --statistics",
        )
    return stats


def _feeds(job: Job) -> Iterator[Mapping[str, Array]]:
    contract = job.source.contract
    files = job.photographs.calibrate
    if files:
        pictures = task_pictures(files, "calibrating", contract, job.detector, job.photographs.judge)
    elif "seed" in job.source.provenance:
        note("no photographs: a random network is calibrated on drawn pictures")
        pictures = drawn_for(contract, DRAWN_PICTURES, "calibrating", seed=1)
    else:
        raise InputError(
            "int8 needs photographs to calibrate with",
            fix="pass --calibration DIR: some dozens of photographs as the device will see them, with faces",
        )
    for picture in pictures:
        yield {contract.input.name: view(picture, contract).tensor}


def _summary(job: Job, scheme: Scheme, quantized: Quantized) -> dict[str, Any]:
    settings = job.recipe.quantize
    reasons: dict[str, list[str]] = {}
    for name, reason in quantized.plan.kept_float.items():
        reasons.setdefault(reason, []).append(name)
    return {
        "scheme": scheme.name,
        "integer_only": job.options.integer_only,
        "ranges": asdict(settings.ranges),
        "equalized": settings.equalize,
        "weights_rounded_by_second_moments": settings.round_weights,
        "plan_sha256": quantized.digest,
        "kept_float": reasons,
    }
