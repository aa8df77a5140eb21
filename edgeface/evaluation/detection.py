"""Evaluate detectors: average precision on labeled images, agreement with a reference on any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.confidence import Interval
from edgeface.engine.local import HERE
from edgeface.engine.task import Engine
from edgeface.errors import InputError
from edgeface.evaluation.cache import Cache
from edgeface.evaluation.compute import compute
from edgeface.evaluation.labels import read_labeled
from edgeface.evaluation.precision import Precision, intervals, precision, precision_changes
from edgeface.evaluation.work import DetectWork, FoundFaces, open_detection
from edgeface.images.split import distinct_images
from edgeface.reading.existing import refuse_missing
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.match import match_faces

_MIN_MATCHED_SCORE = 0.3  # faces below the threshold of a match show which misses are due to the score alone


@dataclass(frozen=True)
class DetectionRequest:
    """The detector to evaluate, and the data.

    Attributes:
        detector: the detector's artifact.
        images: the folder of images.
        labels: labels of faces in a format of `label_formats`; None only compares detectors.
        reference: the artifact to compare with.
        cache: file or folder for cached detections.
        engine: computes detections.
    """

    detector: Path
    images: Path
    labels: Path | None = None
    reference: Path | None = None
    cache: Path | None = None
    engine: Engine = HERE


@dataclass(frozen=True)
class DetectionEvaluation:
    """Results of an evaluation.

    Attributes:
        detector: the artifact's folder.
        reference: the reference's, or None.
        images: number of evaluated images.
        labeled: the kind of labels, or None without labels.
        unlabeled: images without labels, which were left out.
        precision: average precision by "easy", "medium" and "hard", or by the minimum size of the faces that count;
            None without labels.
        reference_precision: the reference's; None without a reference.
        precision_changes: detector − reference, on the same resamples of the images; empty without labels or reference.
        agreement: of the two detectors' faces, or None without a reference.
    """

    detector: str
    reference: str | None
    images: int
    labeled: str | None = None
    unlabeled: tuple[str, ...] = ()
    precision: Precision | None = None
    reference_precision: Precision | None = None
    precision_changes: Mapping[str, Interval] = field(default_factory=dict)
    agreement: FaceAgreement | None = None

    @property
    def average_precision(self) -> dict[str, float]:
        """The detector's, 0 to 1, by name; empty without labels."""
        return {} if self.precision is None else self.precision.figures()

    @property
    def reference_average_precision(self) -> dict[str, float]:
        """The reference's, 0 to 1, by name; empty without labels or reference."""
        return {} if self.reference_precision is None else self.reference_precision.figures()

    @property
    def changes(self) -> dict[str, float]:
        """Average precision, detector − reference, by name."""
        return {name: found.value for name, found in self.precision_changes.items()}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        agreement = self.agreement
        return {
            "task": "detection",
            "detector": self.detector,
            "reference": self.reference,
            "images": self.images,
            "labels": self.labeled,
            "unlabelled": list(self.unlabeled),
            "labeled_faces": {} if self.precision is None else dict(self.precision.labeled),
            **_precision("average_precision", self.precision),
            **_precision("reference_average_precision", self.reference_precision),
            "average_precision_changes": self.changes,
            "average_precision_change_intervals": intervals(self.precision_changes),
            "agreement": None
            if agreement is None
            else {**agreement.as_dict(), "mean_absolute_score_change": agreement.as_dict()["mean_score_change"]},
        }


@one_blas_thread()
def evaluate_detection(request: DetectionRequest) -> DetectionEvaluation:
    """The evaluation of faces that are detected once in every image.

    Raises:
        InputError: a file or artifact cannot be used, or there are neither labels nor a reference.
        EdgefaceError: an artifact fails.
    """
    if request.labels is None and request.reference is None:
        raise InputError(
            "there is nothing to evaluate the detector with", fix="pass --labels DIR, --reference ARTIFACT, or both"
        )
    given = {"--detector": request.detector, "--images": request.images, "--labels": request.labels}
    refuse_missing(given | {"--reference": request.reference})
    detectors = (request.detector, *((request.reference,) if request.reference is not None else ()))
    folders = [str(open_detection(path).folder) for path in detectors]
    labeled = None if request.labels is None else read_labeled(request.labels, request.images)
    files = distinct_images(request.images) if labeled is None else labeled.files
    rows = compute(DetectWork(detectors), files, Cache(request.cache), request.engine, "detecting")
    found = [FoundFaces(part) for part in rows]
    curves = [] if labeled is None else [labeled.curves(faces) for faces in found]
    precisions = [precision(each) for each in curves]
    return DetectionEvaluation(
        folders[0],
        folders[1] if len(folders) > 1 else None,
        len(files),
        None if labeled is None else labeled.kind,
        () if labeled is None else labeled.unlabeled,
        precisions[0] if precisions else None,
        precisions[1] if len(precisions) > 1 else None,
        precision_changes(curves[1], curves[0]) if len(curves) > 1 else {},
        _agreement(found[1], found[0]) if len(found) > 1 else None,
    )


def _precision(name: str, found: Precision | None) -> dict[str, Any]:
    if found is None:
        return {name: {}, f"{name}_intervals": {}}
    return {name: found.as_dict(), f"{name}_intervals": found.intervals()}


def _agreement(reference: Sequence[Sequence[Face]], candidate: Sequence[Sequence[Face]]) -> FaceAgreement:
    def strong(faces: Sequence[Face]) -> list[Face]:
        return [face for face in faces if face.score >= _MIN_MATCHED_SCORE]

    matches = (match_faces(strong(a), strong(b)) for a, b in zip(reference, candidate, strict=True))
    return reduce(add, matches, FaceAgreement())
