"""Trials: candidates that a search proposes, each measured once, here or by an engine's workers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path

from edgeface.backends.target import Target
from edgeface.compile.job import Job
from edgeface.compile.recipe_text import settings_document
from edgeface.compile.repair.groups import NodeGroup, node_groups
from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.measuring import Measuring
from edgeface.compile.repair.memory import Memory, digest_of
from edgeface.compile.repair.trial_task import Recorded, Trying
from edgeface.core.progress import quiet, track
from edgeface.core.versions import versions
from edgeface.engine.local import HERE
from edgeface.errors import GraphError, RuntimeFailure
from edgeface.quantize.observe import graph_digest
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats
from edgeface.reading.kinds import STATISTICS
from edgeface.reading.regular_file import digest_file

MAX_AT_ONCE = 8
"""Candidates that run at the same time: each holds a runtime with its tensors."""


class Trials(Measuring):
    """Measures settings of one target's quantization, each once; see `Measuring`.

    Args:
        job: the export; it has calibration images. Its engine measures.
        target: an integer target.
        stats: calibration statistics of the job's graph.
        folder: where measurements are kept until the search is done; see `Memory`.
    """

    def __init__(self, job: Job, target: Target, stats: CalibrationStats, folder: Path | None) -> None:
        super().__init__(job, target, [stats])
        self.memory = Memory(folder, f"{job.recipe.model}-{target.name}", self._identity())

    def all(self, candidates: Sequence[QuantizeSettings], doing: str) -> list[Measured]:
        """What each of these settings gives; several are measured at the same time, and each result is kept at once.

        Args:
            candidates: settings.
            doing: what is measured, for progress.
        """
        keys = [_key(settings) for settings in candidates]
        new = {key: each for key, each in zip(keys, candidates, strict=True) if self.memory.get(key) is None}
        if self.job.engine == HERE or len(new) < 2:
            self._all_here(new, doing)
        else:
            self._all_by_engine(new, doing)
        known = [self.memory.get(key) for key in keys]
        return [each for each in known if each is not None]

    def _all_here(self, new: dict[str, QuantizeSettings], doing: str) -> None:
        at_once = min(len(os.sched_getaffinity(0)), MAX_AT_ONCE)
        batches = [dict(list(new.items())[start : start + at_once]) for start in range(0, len(new), at_once)]
        for batch in track(batches, doing) if len(batches) > 1 else batches:
            with quiet():  # a build has steps of its own
                found = self.measured(list(batch.values()))
            self.memory.add(dict(zip(batch, found, strict=True)))

    def _all_by_engine(self, new: dict[str, QuantizeSettings], doing: str) -> None:
        for each in new.values():  # gathered once, rather than by every worker
            with suppress(GraphError, RuntimeFailure):  # a candidate that cannot be built is left out where it is built
                self.stats_for(each)
        keys, task = list(new), Trying.of(self.job, self.target.name, self.stats, self._recorded)
        with closing(self.job.engine.run(task, list(new.values()))) as results:
            for number, found in track(results, doing, len(new)):
                self.memory.add({keys[number]: found})

    @cached_property
    def _recorded(self) -> Recorded:
        return Recorded.of(self.judge.shown())

    def can_try(self, settings: QuantizeSettings) -> bool:
        """Whether the statistics that the settings need are there, or can be gathered."""
        return self.job.options.statistics is None or set(settings.needs) <= set(self.stats[0].holds)

    def groups(self, settings: QuantizeSettings) -> tuple[NodeGroup, ...]:
        """The groups of nodes in the target's 8 bits; none where everything has to be integer."""
        if self.job.options.integer_only:
            return ()
        graph, stated = self.graph_and_precision(settings)
        kept = {name for name, asked in stated.items() if asked.is_float}
        made = [node.output for node in graph.nodes if graph.type(node.output).dtype == "float32"]
        return node_groups(graph, set(made) - kept)

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
