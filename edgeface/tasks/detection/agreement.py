"""Agreement of two detectors, and a recipe's requirements on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds


@dataclass(frozen=True)
class FaceAgreement:
    """Counts over any number of images; add two to merge them.

    A reference and a candidate face are matched if both score at least 0.5 and overlap by IoU ≥ 0.5.
    `missed` are reference faces without a match, `extra` candidate faces without one. Of them,
    `missed_by_score` and `extra_by_score` have a counterpart in the other list that only scores lower: both
    detectors find the face, on different sides of the threshold.

    Attributes:
        score_changes: candidate − reference score of each matched pair.
        landmark_errors_percent: mean distance of the five points, in percent of the reference face's size
            √(width·height), of each matched pair.
        ious: overlap of each matched pair.
    """

    matched: int = 0
    missed: int = 0
    extra: int = 0
    missed_by_score: int = 0
    extra_by_score: int = 0
    score_changes: tuple[float, ...] = ()
    landmark_errors_percent: tuple[float, ...] = ()
    ious: tuple[float, ...] = ()

    def __add__(self, other: FaceAgreement) -> FaceAgreement:
        """The agreement over both sets of images."""
        return FaceAgreement(
            self.matched + other.matched,
            self.missed + other.missed,
            self.extra + other.extra,
            self.missed_by_score + other.missed_by_score,
            self.extra_by_score + other.extra_by_score,
            self.score_changes + other.score_changes,
            self.landmark_errors_percent + other.landmark_errors_percent,
            self.ious + other.ious,
        )

    @property
    def reference_faces(self) -> int:
        """Faces that the reference found."""
        return self.matched + self.missed

    @property
    def matched_share(self) -> float:
        """Matched faces by reference faces; 1 where the reference found none."""
        return self.matched / self.reference_faces if self.reference_faces else 1.0

    @property
    def extra_share(self) -> float:
        """Extra faces by reference faces, or by 1 where the reference found none."""
        return self.extra / max(self.reference_faces, 1)

    @property
    def mean_landmark_error_percent(self) -> float:
        """Mean over the matched pairs, 0 where there are none."""
        return float(np.mean(self.landmark_errors_percent)) if self.landmark_errors_percent else 0.0

    @property
    def mean_score_change(self) -> float:
        """Mean absolute change over the matched pairs, 0 where there are none."""
        return float(np.mean(np.abs(self.score_changes))) if self.score_changes else 0.0

    @property
    def severity(self) -> tuple[float, ...]:
        """Number of unmatched faces, then the largest landmark error: the larger, the worse."""
        return float(self.missed + self.extra), max(self.landmark_errors_percent, default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; shares in percent."""
        return {
            "reference_faces": self.reference_faces,
            "matched": self.matched,
            "matched_percent": round(100 * self.matched_share, 3),
            "missed": self.missed,
            "missed_by_score": self.missed_by_score,
            "extra": self.extra,
            "extra_percent": round(100 * self.extra_share, 3),
            "extra_by_score": self.extra_by_score,
            "mean_score_change": round(self.mean_score_change, 5),
            "mean_landmark_error_percent": round(self.mean_landmark_error_percent, 3),
            "mean_iou": round(float(np.mean(self.ious)), 4) if self.ious else None,
        }


def face_requirements(limits: Thresholds, faces: FaceAgreement) -> list[Requirement]:
    """The thresholds' requirements on two detectors' agreement, each with its verdict."""
    requirements = []
    count = faces.reference_faces
    if limits.matched_percent is not None:
        allowed = math.ceil(count * (100 - limits.matched_percent) / 100 - 1e-9)
        measured = f"{faces.matched_share:.2%} ({faces.missed} of {count} missed)"
        limit = f"≥ {limits.matched_percent:g}% (≤ {allowed} missed)"
        requirements.append(Requirement("faces matched", limit, measured, faces.missed <= allowed))
    if limits.extra_percent is not None:
        allowed = math.ceil(count * limits.extra_percent / 100 - 1e-9)
        measured, limit = f"{faces.extra_share:.2%} ({faces.extra})", f"≤ {limits.extra_percent:g}% (≤ {allowed})"
        requirements.append(Requirement("extra faces", limit, measured, faces.extra <= allowed))
    for what, limit_value, value in (
        ("mean score change", limits.mean_score_change, faces.mean_score_change),
        ("mean landmark error in % of face size", limits.landmark_error_percent, faces.mean_landmark_error_percent),
    ):
        if limit_value is not None:
            requirements.append(Requirement(what, f"≤ {limit_value:g}", f"{value:.4f}", value <= limit_value))
    return requirements
