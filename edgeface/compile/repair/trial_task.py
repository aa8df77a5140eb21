"""Trials as an engine's task: each part is one candidate's settings, measured whole by a worker.

The reference runs once, where the search is; its outputs travel with the task, and a worker finds them by the tensor
that it shows its candidates. So workers need no reference, which may be a network of the user's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.backends import target
from edgeface.compile.job import Job
from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.measuring import Measuring
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.progress import quiet
from edgeface.engine.local import HERE
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array
from edgeface.inference.detector import Detector
from edgeface.quantize.settings import QuantizeSettings
from edgeface.quantize.statistics import CalibrationStats
from edgeface.tasks.task import View
from edgeface.validate.reference import Reference


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a network gave for some tensors, as a network that can be pickled."""

    outputs: Mapping[str, Mapping[str, Array]]

    @classmethod
    def of(cls, shown: Iterable[tuple[View, Mapping[str, Array]]]) -> Recorded:
        """What a reference gave for views."""
        return cls({_digest(view.tensor): dict(outputs) for view, outputs in shown})

    def __call__(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """The outputs for one of the tensors.

        Raises:
            RuntimeFailure: it is none of them.
        """
        (tensor,) = feeds.values()
        found = self.outputs.get(_digest(tensor))
        if found is None:
            raise RuntimeFailure(
                "an image of the search looks different on this machine",
                fix="give all machines the same images, and the same versions of edgeface and OpenCV",
            )
        return found


@dataclass(frozen=True, eq=False)
class Trying:
    """The measuring of candidates, as an engine's task.

    Attributes:
        job: of the search, without what cannot be pickled: see `of`.
        target: name of the integer target.
        stats: every calibration statistics that candidates need.
        detector: the artifact that finds the faces for a recognizer, where images are not aligned faces.
    """

    job: Job
    target: str
    stats: tuple[CalibrationStats, ...]
    detector: Path | None

    @classmethod
    def of(cls, job: Job, name: str, stats: Iterable[CalibrationStats], recorded: Recorded) -> Trying:
        """The task of a search, whose reference gave what is recorded."""
        source = replace(job.source, reference=Reference(job.source.reference.name, recorded))
        detector = None if job.detector is None else job.detector.artifact.folder
        bare = replace(job, source=source, detector=None, measures=(), observers=(), engine=HERE)
        return cls(bare, name, tuple(stats), detector)

    def open(self) -> Callable[[QuantizeSettings], Measured]:
        """The computation, with the graph loaded; the images are decoded by the first part."""
        detector = None if self.detector is None else Detector(Artifact.open(self.detector))
        measuring = Measuring(replace(self.job, detector=detector), target(self.target), self.stats)

        def measure(settings: QuantizeSettings) -> Measured:
            with quiet(), one_blas_thread():
                return measuring.measured([settings])[0]

        return measure


def _digest(tensor: Array) -> str:
    return hashlib.sha256(tensor.tobytes()).hexdigest()
