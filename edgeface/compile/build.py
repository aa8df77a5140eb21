"""Build of one target: legalize, calibrate, plan, emit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.target import EmitOptions, IoType, Target
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import Job
from edgeface.compile.quantization import (
    by_reason,
    float_plan,
    quantize_for,
    refuse_dtypes,
    stated_precision,
    summary,
)
from edgeface.core.progress import note, step
from edgeface.core.writing import fill_file
from edgeface.cost.record import bias_record
from edgeface.graph.ir import Graph
from edgeface.passes import run_passes
from edgeface.quantize.derive import derive
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.quantize import Quantized
from edgeface.quantize.statistics import CalibrationStats


@dataclass(frozen=True)
class Built:
    """An emitted model, its files by name.

    `exact` is the float graph that the model approximates; `quantization` is for the manifest.
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
        """Write every file into a folder, and return the path of the one that a runtime opens."""
        for name, data in self.files.items():
            fill_file(folder / name, data, "the model")
        return folder / self.target.model_file


@dataclass(frozen=True)
class Parts:
    """What an integer target is quantized from: the graph in its forms, that graph's statistics, and the interface."""

    graph: Graph
    stats: CalibrationStats
    io: IoType


def build(job: Job, target: Target, stats: CalibrationStats | None = None) -> Built:
    """The emitted model of one target.

    Args:
        job: the export.
        target: the target.
        stats: statistics of the job's graph; without them an int8 target calibrates.

    Raises:
        InputError: an int8 target without images to calibrate with, statistics that the recipe's algorithms need
            and the file lacks, or a recipe with a dtype that the target does not support.
        GraphError: the target cannot express the graph.
    """
    if target.scheme is None:
        graph = run_passes(job.graph, target.legalize)
        plan = float_plan(job, graph, target)
        files = target.emit(graph, plan, EmitOptions("float", _metadata(job, graph, plan)))
        return Built(target, graph, files, "float", {"kept_float": by_reason(plan)} if plan.stated else None)
    parts = parts_of(job, target, stats)
    with step("choosing scales and correcting weights"):
        quantized = quantize_for(job, parts.graph, target, parts.io, parts.stats)
    return emit_quantized(job, target, parts.io, quantized)


def parts_of(job: Job, target: Target, stats: CalibrationStats | None = None) -> Parts:
    """What an integer target's model is quantized from. Arguments and errors as of `build`."""
    graph = run_passes(job.graph, target.legalize)
    refuse_dtypes(job.recipe.quantize, target)
    io = io_of(job.options.io, target)
    if target.integer_forms is not None:
        stated = stated_precision(job, graph, target, io)
        graph = target.integer_forms(graph, {name for name, asked in stated.items() if asked.is_float})
    return Parts(graph, derive(graph, stats or calibrate(job)), io)


def emit_quantized(job: Job, target: Target, io: IoType, quantized: Quantized) -> Built:
    """The model of a quantized graph."""
    assert target.scheme is not None
    options = EmitOptions(io, _metadata(job, quantized.graph, quantized.plan))
    if job.options.winograd and not _is_formed(quantized.plan):
        note(f"{target.name}: no convolution is quicker in Winograd's form by the table of {job.options.device}")
    with step(f"emitting {target.name}"):
        files = target.emit(quantized.graph, quantized.plan, options)
    return Built(target, quantized.exact, files, io, summary(job, target, io, quantized))


def _metadata(job: Job, graph: Graph, plan: QuantPlan) -> dict[str, str]:
    """The model file's metadata: its contract, and which biases are the network's own, if its layers are in it."""
    contract = {"edgeface.contract": job.source.contract.model_dump_json()}
    return contract | ({} if _is_formed(plan) else bias_record(graph, job.own_biases))


def _is_formed(plan: QuantPlan) -> bool:
    """Whether convolutions are emitted as other layers."""
    return any(asked.form != "plain" for asked in plan.stated.values())


def io_of(wanted: str, target: Target) -> IoType:
    """The type of a target's inputs and outputs: the wanted one, if the target supports it."""
    return next((kind for kind in target.io_types if kind == wanted), "float")
