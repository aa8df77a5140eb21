"""Calibration by an engine: what parts of the images add up to, computed anywhere, is what all of them add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.job import Job
from edgeface.contracts import Contract
from edgeface.core.artifact import MANIFEST, Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.progress import note, track
from edgeface.engine.task import Engine, parts_of
from edgeface.errors import InputError
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array
from edgeface.images.files import read_digested
from edgeface.inference.detector import Detector
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.observe import Runs, held_kinds, observed_onnx, sum_listed
from edgeface.quantize.sampling import Sampling
from edgeface.quantize.statistics import Statistic
from edgeface.quantize.summed import Summed
from edgeface.quantize.sums import Sums
from edgeface.tasks import task_of

PART = 8
"""Images of a part: a recipe's few dozen images still keep some workers busy."""

DIGEST_LENGTH = 16
"""Hexadecimal digits of an image file's SHA-256 that statistics keep."""

Numbered = tuple[Path, int]
"""An image file, and its index in the whole list."""


@dataclass(frozen=True)
class Looked:
    """What the images of a part add up to; digests of those that show a face, and names of those that do not."""

    summed: Summed
    seen: tuple[str, ...]
    faceless: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Observing:
    """The observation of a graph over images of a list, as an engine's task.

    Attributes:
        graph: the graph.
        contract: says how images become its input.
        holds: kinds of statistics to gather.
        images: length of the whole list.
        detector: the artifact that finds the faces for a recognizer, where images are not aligned faces.
    """

    graph: Graph
    contract: Contract
    holds: tuple[Statistic, ...]
    images: int
    detector: Path | None = None

    @property
    def reads(self) -> Mapping[Path, tuple[str, ...]]:
        """The files of the detector's artifact."""
        if self.detector is None:
            return {}
        artifact = Artifact.open(self.detector)
        return {artifact.folder: (MANIFEST, *(file.name for file in artifact.files))}

    def reading(self, places: Mapping[Path, Path]) -> Observing:
        """The same with a detector in another folder."""
        return self if self.detector is None else replace(self, detector=places.get(self.detector, self.detector))

    def open(self) -> Callable[[Sequence[Numbered]], Looked]:
        """The computation, with the graph and the detector loaded."""
        bounds, sampling = Bounds(self.graph), Sampling(self.images)
        runs = Runs(OrtRunner(observed_onnx(self.graph)).run)
        if not all(map(sampling.takes, range(self.images))):
            runs = replace(runs, bounds=OrtRunner(bounds.model.onnx, in_order=True).run)
        find = None if self.detector is None else Detector(Artifact.open(self.detector)).detect
        task = task_of(self.contract)

        def look(part: Sequence[Numbered]) -> Looked:
            seen: list[str] = []
            faceless: list[str] = []

            def feeds() -> Iterator[tuple[int, Mapping[str, Array]]]:
                for file, index in part:
                    digest, image = read_digested(file)
                    subject = task.subject(image, self.contract, find, str(file))
                    if subject is None:
                        faceless.append(file.name)
                        continue
                    seen.append(digest[:DIGEST_LENGTH])
                    yield index, {self.contract.input.name: task.prepare(subject, self.contract).tensor}

            with one_blas_thread():
                sums = sum_listed(bounds, runs, feeds(), self.holds, sampling)
            return Looked(Summed.of(sums), tuple(seen), tuple(faceless))

        return look


def observe_by(engine: Engine, job: Job, mine: Mapping[int, Path]) -> tuple[Sums, tuple[str, ...]]:
    """The sums over some of a job's calibration images, and digests of those that were used.

    Args:
        engine: computes them.
        job: the export.
        mine: the images by their index in the whole list.

    Raises:
        EdgefaceError: an image cannot be used, no image shows a face, or workers were lost time and again.
    """
    detector = None if job.detector is None else job.detector.artifact.folder
    task = Observing(
        job.graph, job.source.contract, held_kinds(job.recipe.quantize.needs), len(job.images.calibrate), detector
    )
    sums = Sums(Bounds(job.graph), Sampling(task.images), task.holds)
    seen: list[str] = []
    faceless: list[str] = []
    parts = parts_of(((file, index) for index, file in mine.items()), PART)
    with closing(engine.run(task, parts)) as results:
        for looked in _with_progress((found for _, found in results), len(mine)):
            looked.summed.add_to(sums)
            seen += looked.seen
            faceless += looked.faceless
    if len(faceless) == len(mine):
        raise InputError("no image shows a face", where="calibrating", fix="use images of faces")
    if faceless:
        note(f"calibrating: {len(faceless)} of {len(mine)} images show no face and were left out: {min(faceless)}, …")
    return sums, tuple(sorted(seen))


def _with_progress(found: Iterator[Looked], count: int) -> Iterator[Looked]:
    """The same, reported image by image."""

    def images() -> Iterator[Looked | None]:
        for looked in found:
            yield looked
            yield from [None] * (looked.summed.images + len(looked.faceless) - 1)

    return (looked for looked in track(images(), "calibrating", count) if looked is not None)
