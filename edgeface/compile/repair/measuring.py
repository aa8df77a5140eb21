"""The measuring of candidates: built, run in their runtime, and compared with the reference on calibration images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edgeface.backends.target import Target
from edgeface.compile.build import Built, build, io_of
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import Job
from edgeface.compile.judge_built import opened
from edgeface.compile.quantization import stated_precision
from edgeface.compile.repair.drift import DriftObserver
from edgeface.compile.repair.goal import OUTPUTS
from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.prices import predicted_us, recorded_us
from edgeface.core.progress import note
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import make_folders
from edgeface.errors import GraphError, RuntimeFailure
from edgeface.graph.ir import Graph
from edgeface.images.split import spread
from edgeface.passes import run_passes
from edgeface.quantize.plan import Stated
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats
from edgeface.tasks.task import Image
from edgeface.validate.compare import Findings
from edgeface.validate.inputs import task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Network

MAX_IMAGES, MIN_IMAGES = 32, 8
MAX_MACS = 40_000_000_000
"""Multiply–accumulates of one trial over all its images, about a second of a core: larger networks see fewer."""


class Measuring:
    """Measures settings of one target's quantization. Use it as a context manager.

    The images are those that calibrated: what is chosen by the images of the verdict would flatter it.

    Args:
        job: the export; it has calibration images.
        target: an integer target.
        stats: calibration statistics of the job's graph, at least one; the first that hold what settings need are used.
    """

    def __init__(self, job: Job, target: Target, stats: Iterable[CalibrationStats]) -> None:
        self.job = job
        self.target = target
        self.stats = list(stats)
        self._io = io_of(job.options.io, target)
        self._legal = run_passes(job.graph, target.legalize)
        fewest = min(MAX_IMAGES, max(MIN_IMAGES, MAX_MACS // max(job.graph.macs(), 1)))
        self.images = spread(job.images.calibrate, fewest)
        self.judge = Judge(job.source.reference, job.source.contract, self._shown, "images", keep=True)

    def __enter__(self) -> Self:
        """The same."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the recorded images."""
        self.judge.__exit__(kind, error, trace)

    def measured(self, candidates: Sequence[QuantizeSettings]) -> list[Measured]:
        """What each of these settings gives, all run at the same time; one does not change what another gives."""
        with temporary_folder() as folder:
            opened = [self._opened(each, folder / str(number)) for number, each in enumerate(candidates)]
            runs = [each for each in opened if each is not None]
            observers = [DriftObserver(self.job.source.contract) for _ in runs]
            shown = [Candidate(run, None, (seen,)) for (run, _), seen in zip(runs, observers, strict=True)]
            findings = self.judge.score(shown) if runs else []
        found = iter(zip(runs, observers, findings, strict=True))
        return [Measured(drift={}, us=0.0) if each is None else _measured(*next(found)) for each in opened]

    def graph_and_precision(self, settings: QuantizeSettings) -> tuple[Graph, Mapping[str, Stated]]:
        """The graph in the forms that are emitted, and its values that are not in the target's 8 bits."""
        job, graph = self.job_with(settings), self._legal
        stated = stated_precision(job, graph, self.target, self._io)
        if self.target.integer_forms is not None:
            graph = self.target.integer_forms(graph, {name for name, asked in stated.items() if asked.is_float})
            stated = stated_precision(job, graph, self.target, self._io)
        return graph, stated

    def job_with(self, settings: QuantizeSettings) -> Job:
        """The job with other settings."""
        return replace(self.job, recipe=self.job.recipe.model_copy(update={"quantize": settings}))

    def stats_for(self, settings: QuantizeSettings) -> CalibrationStats:
        """Statistics that hold what the settings need; gathered anew where those so far do not."""
        for stats in self.stats:
            if set(settings.needs) <= set(stats.holds):
                return stats
        job = self.job_with(settings)
        self.stats.append(calibrate(replace(job, options=replace(job.options, save_statistics=None))))
        return self.stats[-1]

    def _opened(self, settings: QuantizeSettings, folder: Path) -> tuple[Network, float] | None:
        """A candidate in its runtime, and its predicted time; None where it cannot be built or opened."""
        make_folders(folder, "a candidate")
        try:
            built = build(self.job_with(settings), self.target, self.stats_for(settings))
            run = opened(built, built.write(folder)).run
        except (GraphError, RuntimeFailure) as error:
            note(f"repair: a candidate is left out: {error.what}")
            return None
        return run, self._predicted_us(built, settings)

    def _predicted_us(self, built: Built, settings: QuantizeSettings) -> float:
        """The predicted time: that of the build's own record, where its target is priced."""
        priced = recorded_us(built.quantization or {}, self.target.name)
        if priced is not None:
            return priced
        return predicted_us(*self.graph_and_precision(settings), self.job.options.device, self._io == "float")

    def _shown(self) -> Iterable[Image]:
        return task_images(self.images, "repair: running the reference", self.job.source.contract, self.job.detector)


def _measured(candidate: tuple[Network, float], seen: DriftObserver, found: Findings) -> Measured:
    return Measured(drift=seen.sizes() | {OUTPUTS: _noise(found)}, us=candidate[1])


def _noise(found: Findings) -> float:
    """The noise of the worst output, relative to its signal."""
    worst = min((tensor.snr_db for tensor in found.tensors.values()), default=0.0)
    return float(min(10.0 ** (-max(worst, -200.0) / 20), 1e6))
