"""Calibration: one run over images, whose statistics all int8 targets share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.job import Job
from edgeface.compile.observing import DIGEST_LENGTH, observe_by
from edgeface.compile.part import Part
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.opencv_threads import one_opencv_thread
from edgeface.core.progress import note
from edgeface.engine.local import HERE
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array
from edgeface.images.files import read_digested
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.merge import merge
from edgeface.quantize.observe import Runs, graph_digest, observe_listed, observed_onnx
from edgeface.quantize.quantize import require_statistics
from edgeface.quantize.sampling import Sampling
from edgeface.quantize.statistics import CalibrationStats
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import digest_file
from edgeface.tasks import task_of
from edgeface.tasks.task import Image
from edgeface.validate.inputs import numbered_images, synthetic_for

SYNTHETIC_IMAGES = 8
WHOLE = Part()


@one_opencv_thread()
@one_blas_thread()
def calibrate(job: Job, part: Part = WHOLE) -> CalibrationStats:
    """Calibration statistics of the optimized graph, before legalization: observed, or the sum of the given files.

    The observed statistics are those that the recipe's algorithms need, independent of the targets.

    Args:
        job: the export.
        part: of the calibration images; its statistics add up to those of the whole.

    Raises:
        InputError: there are no images to calibrate with, a file is of another network, files do not add up, or they
            lack statistics that the recipe's algorithms need.
    """
    given = job.options.statistics
    if given is not None:
        return _loaded([given] if isinstance(given, Path) else given, job)
    stats = _observed(job, part)
    if job.options.save_statistics is not None:
        stats.save(job.options.save_statistics)
    return stats


def _observed(job: Job, part: Part) -> CalibrationStats:
    files = job.images.calibrate
    mine = part.of(files)
    if mine and job.engine != HERE:
        sums, digests = observe_by(job.engine, job, mine)
        return replace(sums.statistics(graph_digest(job.graph)), seen=digests)
    sampling, bounds = Sampling(len(files)), Bounds(job.graph)
    runs = Runs(OrtRunner(observed_onnx(job.graph)).run)
    if not all(map(sampling.takes, mine)):
        runs = replace(runs, bounds=OrtRunner(bounds.model.onnx, in_order=True).run)
    seen: list[str] = []
    stats = observe_listed(bounds, runs, _feeds(job, mine, seen), job.recipe.quantize.needs, sampling)
    return replace(stats, seen=tuple(sorted(seen)))


def _loaded(paths: Sequence[Path], job: Job) -> CalibrationStats:
    digest = graph_digest(job.graph)
    parts: dict[str, CalibrationStats] = {}
    for path in dict.fromkeys(paths):
        stats = CalibrationStats.load(path)
        if stats.graph_digest != digest:
            raise InputError(
                "these statistics are of another network, input size or version of edgeface",
                where=str(path),
                fix="calibrate again: leave out --statistics",
            )
        _check_fits(stats, job.graph, path)
        parts[str(path)] = stats
    found, where = merge(parts), "; ".join(parts)
    _refuse_judging(found, job, where)
    require_statistics(found.holds, job.recipe.quantize.every_algorithm, where)
    if found.images and not found.sampled:
        raise InputError(
            "these statistics have bounds, but no samples: they are a small part of the images",
            where=where,
            fix="pass the other parts too, each by --statistics",
        )
    return found


def _refuse_judging(stats: CalibrationStats, job: Job, where: str) -> None:
    """Refuse to judge by images that have calibrated."""
    seen = set(stats.seen)
    shared = [file for file in job.images.judge if seen and _digest(file) in seen]
    if shared:
        raise InputError(
            f"{len(shared)} of the images that are to judge have calibrated, such as {shared[0].name}",
            where=where,
            fix="pass --judge DIR with other images",
        )


def _digest(file: Path) -> str:
    return digest_file(file, IMAGE)[:DIGEST_LENGTH]


def _check_fits(stats: CalibrationStats, graph: Graph, path: Path) -> None:
    """Refuse statistics that lack a value of the graph, or have other channels than it."""
    for name in graph.reals:
        shape = graph.type(name).shape
        channels = shape[1] if len(shape) == 4 else 1
        if name not in stats.values or stats.values[name].low.shape != (channels,):
            raise InputError(
                f"the statistics do not describe the value {name!r}",
                where=str(path),
                fix="calibrate again: leave out --statistics",
            )


def _feeds(job: Job, mine: Mapping[int, Path], seen: list[str]) -> Iterator[tuple[int, Mapping[str, Array]]]:
    """The feed of each image by its index; adds digests of the files to `seen`."""
    contract = job.source.contract
    task, reader = task_of(contract), _Reader()
    for index, image in _images(job, mine, reader):
        if index in mine:
            seen.append(reader.digest[:DIGEST_LENGTH])
        yield index, {contract.input.name: task.prepare(image, contract).tensor}


class _Reader:
    """Reads images, and keeps the digest of the latest one's file: a file is read once for both."""

    digest = ""

    def __call__(self, file: Path) -> Image:
        self.digest, image = read_digested(file)
        return image


def _images(job: Job, mine: Mapping[int, Path], reader: _Reader) -> Iterator[tuple[int, Image]]:
    contract = job.source.contract
    if mine:
        indices = list(mine)
        found = numbered_images(
            list(mine.values()), "calibrating", contract, job.detector, job.images.judge, read=reader
        )
        return ((indices[place], image) for place, image in found)
    if "seed" in job.source.provenance:
        note("no images: a random network is calibrated on synthetic images")
        return enumerate(synthetic_for(contract, SYNTHETIC_IMAGES, "calibrating", seed=1))
    raise InputError(
        "int8 needs images to calibrate with",
        fix="pass --calibration DIR: a few dozen images with faces, like those that the device will see",
    )
