"""Trials: candidates built, run in their runtime, and measured on the calibration images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from edgeface.backends.target import Target
from edgeface.compile.build import Built, build, io_of
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import Job
from edgeface.compile.judge_built import opened
from edgeface.compile.quantization import stated_precision
from edgeface.compile.recipe_text import settings_document
from edgeface.compile.repair.drift import DriftObserver
from edgeface.compile.repair.goal import OUTPUTS
from edgeface.compile.repair.groups import NodeGroup, node_groups
from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.memory import Memory, digest_of
from edgeface.compile.repair.prices import predicted_us, recorded_us
from edgeface.core.progress import note, quiet, track
from edgeface.core.temporary import temporary_folder
from edgeface.core.versions import versions
from edgeface.core.writing import make_folders
from edgeface.errors import GraphError, RuntimeFailure
from edgeface.graph.ir import Graph
from edgeface.images.split import spread
from edgeface.passes import run_passes
from edgeface.quantize.observe import graph_digest
from edgeface.quantize.plan import Stated
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats
from edgeface.reading.kinds import STATISTICS
from edgeface.reading.regular_file import digest_file
from edgeface.tasks.task import Image
from edgeface.validate.compare import Findings
from edgeface.validate.inputs import task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Network

MAX_IMAGES, MIN_IMAGES = 32, 8
MAX_AT_ONCE = 8
"""Candidates that run at the same time: each holds a runtime with its tensors."""

MAX_MACS = 40_000_000_000
"""Multiply–accumulates of one trial over all its images, about a second of a core: larger networks see fewer."""


class Trials:
    """Measures settings of one target's quantization, each once. Use it as a context manager.

    The images are those that calibrated: what is chosen by the images of the verdict would flatter it.

    Args:
        job: the export; it has calibration images.
        target: an integer target.
        stats: calibration statistics of the job's graph.
        folder: where measurements are kept until the search is done; see `Memory`.
    """

    def __init__(self, job: Job, target: Target, stats: CalibrationStats, folder: Path | None) -> None:
        self.job = job
        self.target = target
        self._io = io_of(job.options.io, target)
        self._legal = run_passes(job.graph, target.legalize)
        self._stats = [stats]
        fewest = min(MAX_IMAGES, max(MIN_IMAGES, MAX_MACS // max(job.graph.macs(), 1)))
        self.images = spread(job.images.calibrate, fewest)
        self.memory = Memory(folder, f"{job.recipe.model}-{target.name}", self._identity())
        self._judge = Judge(job.source.reference, job.source.contract, self._shown, "images", keep=True)

    def __enter__(self) -> Trials:
        """The trials themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the recorded images."""
        self._judge.__exit__(kind, error, trace)

    def all(self, candidates: Sequence[QuantizeSettings], doing: str) -> list[Measured]:
        """What each of these settings gives; as many are run at the same time as there are cores, up to a limit.

        Args:
            candidates: settings.
            doing: what is measured, for progress.
        """
        keys = [_key(settings) for settings in candidates]
        new = {key: each for key, each in zip(keys, candidates, strict=True) if self.memory.get(key) is None}
        at_once = min(len(os.sched_getaffinity(0)), MAX_AT_ONCE)
        batches = [dict(list(new.items())[start : start + at_once]) for start in range(0, len(new), at_once)]
        for batch in track(batches, doing) if len(batches) > 1 else batches:
            with quiet():  # a build has steps of its own
                found = self._measured(list(batch.values()))
            self.memory.add(dict(zip(batch, found, strict=True)))
        known = [self.memory.get(key) for key in keys]
        return [each for each in known if each is not None]

    def can_try(self, settings: QuantizeSettings) -> bool:
        """Whether the statistics that the settings need are there, or can be gathered."""
        return self.job.options.statistics is None or set(settings.needs) <= set(self._stats[0].holds)

    def groups(self, settings: QuantizeSettings) -> tuple[NodeGroup, ...]:
        """The groups of nodes in the target's 8 bits; none where everything has to be integer."""
        if self.job.options.integer_only:
            return ()
        graph, stated = self.graph_and_precision(settings)
        kept = {name for name, asked in stated.items() if asked.is_float}
        made = [node.output for node in graph.nodes if graph.type(node.output).dtype == "float32"]
        return node_groups(graph, set(made) - kept)

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
        for stats in self._stats:
            if set(settings.needs) <= set(stats.holds):
                return stats
        job = self.job_with(settings)
        self._stats.append(calibrate(replace(job, options=replace(job.options, save_statistics=None))))
        return self._stats[-1]

    def _measured(self, candidates: Sequence[QuantizeSettings]) -> list[Measured]:
        with temporary_folder() as folder:
            opened = [self._opened(each, folder / str(number)) for number, each in enumerate(candidates)]
            runs = [each for each in opened if each is not None]
            observers = [DriftObserver(self.job.source.contract) for _ in runs]
            shown = [Candidate(run, None, (seen,)) for (run, _), seen in zip(runs, observers, strict=True)]
            findings = self._judge.score(shown) if runs else []
        found = iter(zip(runs, observers, findings, strict=True))
        return [Measured(drift={}, us=0.0) if each is None else _measured(*next(found)) for each in opened]

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

    def _identity(self) -> str:
        """A digest of all that measurements depend on besides the settings."""
        job, given = self.job, self.job.options.statistics or ()
        return digest_of(
            [
                *(job.source.provenance, job.images.provenance(), len(self.images), graph_digest(job.graph)),
                *(job.source.contract.model_dump(mode="json"), self.target.name, self._io, job.options.integer_only),
                job.options.device,
                (
                    versions(),
                    [digest_file(path, STATISTICS) for path in ((given,) if isinstance(given, Path) else given)],
                ),
            ]
        )


def _key(settings: QuantizeSettings) -> str:
    """A digest of what settings do; the reasons that they give do nothing."""
    document = settings_document(settings)
    dtypes = {pattern: asked["dtype"] for pattern, asked in document["precision"].items()}
    return digest_of([{**document, "keep_float": 0, "precision": 0}, list(settings.keep_float), list(dtypes.items())])


def _measured(candidate: tuple[Network, float], seen: DriftObserver, found: Findings) -> Measured:
    return Measured(drift=seen.sizes() | {OUTPUTS: _noise(found)}, us=candidate[1])


def _noise(found: Findings) -> float:
    """The noise of the worst output, relative to its signal."""
    worst = min((tensor.snr_db for tensor in found.tensors.values()), default=0.0)
    return float(min(10.0 ** (-max(worst, -200.0) / 20), 1e6))
