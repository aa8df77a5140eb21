"""Calibration: one run over images, whose statistics all int8 targets share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.job import Job
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.quantize.examples import Examples
from edgeface.quantize.observe import Run, graph_digest, observe, observed_onnx
from edgeface.quantize.quantize import require_statistics
from edgeface.quantize.statistics import CalibrationStats
from edgeface.tasks import task_of
from edgeface.validate.inputs import synthetic_for, task_images

SYNTHETIC_IMAGES = 8


@one_blas_thread()
def calibrate(job: Job) -> CalibrationStats:
    """Calibration statistics of the optimized graph, before legalization: observed, or read from the given file.

    The observed statistics are those that the recipe's algorithms need, independent of the targets.

    Raises:
        InputError: there are no images to calibrate with, the file is of another network, or it lacks statistics that
            the recipe's algorithms need.
    """
    if job.options.statistics is not None:
        return _loaded(job.options.statistics, job)
    runner = OrtRunner(observed_onnx(job.graph))
    stats = observe(job.graph, runner.run, _feeds(job), job.recipe.quantize.needs)
    if job.options.save_statistics is not None:
        stats.save(job.options.save_statistics)
    return stats


def _loaded(path: Path, job: Job) -> CalibrationStats:
    stats = CalibrationStats.load(path)
    if stats.graph_digest != graph_digest(job.graph):
        raise InputError(
            "these statistics are of another network, input size or version of edgeface",
            where=str(path),
            fix="calibrate again: leave out --statistics",
        )
    _check_fits(stats, job.graph, path)
    require_statistics(stats.holds, job.recipe.quantize.every_algorithm, str(path))
    return stats


def _check_fits(stats: CalibrationStats, graph: Graph, path: Path) -> None:
    """Refuse statistics that lack a value of the graph, or have other channels than it."""
    for name in graph.activations:
        shape = graph.type(name).shape
        channels = shape[1] if len(shape) == 4 else 1
        if name not in stats.values or stats.values[name].low.shape != (channels,):
            raise InputError(
                f"the statistics do not describe the value {name!r}",
                where=str(path),
                fix="calibrate again: leave out --statistics",
            )


def examples_of(job: Job) -> Examples:
    """The calibration images for corrections that run them; none where only statistics were given."""
    files = job.images.calibrate
    count = len(files) if files or "seed" not in job.source.provenance else SYNTHETIC_IMAGES
    return Examples(count, lambda wanted: _feeds(job, min(wanted, count)), _opened)


def _opened(graph: Graph) -> Run:
    return OrtRunner(write_onnx(graph)).run


def _feeds(job: Job, count: int | None = None) -> Iterator[Mapping[str, Array]]:
    """The inputs of the calibration images, or of `count` of them, chosen evenly."""
    contract = job.source.contract
    files, doing = job.images.calibrate, "calibrating" if count is None else "preparing images"
    if files:
        chosen = files if count is None else [files[index * len(files) // count] for index in range(count)]
        images = task_images(chosen, doing, contract, job.detector, job.images.judge)
    elif "seed" in job.source.provenance:
        note("no images: a random network is calibrated on synthetic images")
        images = synthetic_for(contract, count or SYNTHETIC_IMAGES, doing, seed=1)
    else:
        raise InputError(
            "int8 needs images to calibrate with",
            fix="pass --calibration DIR: a few dozen images with faces, like those that the device will see",
        )
    task = task_of(contract)
    for image in images:
        yield {contract.input.name: task.prepare(image, contract).tensor}
