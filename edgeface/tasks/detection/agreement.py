"""Agreement of two detectors, and a recipe's requirements on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from edgeface.core.bound import Bound, Figure, enough
from edgeface.core.confidence import Interval, mean_interval, rate_interval, share_interval
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds

FACES = "faces"


@dataclass(frozen=True)
class FaceAgreement:
    """Counts over any number of images; add two to merge them.

    A reference and a candidate face are matched if both score at least 0.5 and overlap by IoU ≥ 0.5.
    `missed` are reference faces without a match, `extra` candidate faces without one. Of them,
    `missed_by_score` and `extra_by_score` have a counterpart in the other list that only scores lower: both
    detectors find the face, on different sides of the threshold. The others are `lost` and `new`.

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
    def lost(self) -> int:
        """Faces that the candidate does not find at all, not even below the threshold."""
        return self.missed - self.missed_by_score

    @property
    def new(self) -> int:
        """Faces that the reference does not find at all, not even below the threshold."""
        return self.extra - self.extra_by_score

    @property
    def matched_share(self) -> float:
        """Matched faces by reference faces; NaN where the reference found none."""
        return self.matched_interval.value

    @property
    def extra_share(self) -> float:
        """Extra faces by reference faces; NaN where the reference found none."""
        return self.extra_interval.value

    @property
    def matched_interval(self) -> Interval:
        """Matched faces by reference faces."""
        return share_interval(self.matched, self.reference_faces)

    @property
    def extra_interval(self) -> Interval:
        """Extra faces by reference faces."""
        return rate_interval(self.extra, self.reference_faces)

    @cached_property
    def mean_score_change(self) -> Interval:
        """Mean absolute change over the matched pairs; NaN where there are none."""
        return mean_interval([abs(change) for change in self.score_changes])

    @cached_property
    def mean_landmark_error_percent(self) -> Interval:
        """Mean over the matched pairs; NaN where there are none."""
        return mean_interval(self.landmark_errors_percent)

    @property
    def drift(self) -> float:
        """Mean absolute score change of the matched faces; the share not matched where that is more than half."""
        if self.missed > self.matched:
            return 1 - self.matched_share
        return self.mean_score_change.value

    @property
    def flips(self) -> int:
        """Missed and extra faces."""
        return self.missed + self.extra

    @property
    def cases(self) -> int:
        """Faces that the reference found."""
        return self.reference_faces

    @property
    def severity(self) -> tuple[float, ...]:
        """Number of unmatched faces, then the largest landmark error: the larger, the worse."""
        return float(self.missed + self.extra), max(self.landmark_errors_percent, default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; shares in percent, each with its 95 % interval; null where there is nothing to measure."""
        overlap = mean_interval(self.ious)
        return {
            "reference_faces": self.reference_faces,
            "matched": self.matched,
            **_figure("matched_percent", self.matched_interval.scaled(100), 3),
            "missed": self.missed,
            "missed_by_score": self.missed_by_score,
            "lost": self.lost,
            "extra": self.extra,
            **_figure("extra_percent", self.extra_interval.scaled(100), 3),
            "extra_by_score": self.extra_by_score,
            "new": self.new,
            **_figure("mean_score_change", self.mean_score_change, 5),
            **_figure("mean_landmark_error_percent", self.mean_landmark_error_percent, 3),
            **_figure("mean_iou", overlap, 4),
        }


def _figure(name: str, found: Interval, digits: int) -> dict[str, Any]:
    if not math.isfinite(found.value):
        return {name: None, f"{name}_interval": None}
    return {name: round(found.value, digits), f"{name}_interval": [round(found.low, digits), round(found.high, digits)]}


def face_requirements(limits: Thresholds, faces: FaceAgreement) -> list[Requirement]:
    """The thresholds' requirements on two detectors' agreement, each judged by its 95 % interval."""
    least, margin = limits.evidence.faces, limits.evidence.margin_percent
    landmarks = ("mean landmark error in % of face size", limits.landmark_error_percent)
    asked = (
        (("faces matched", limits.matched_percent, least, True, "%", margin), _matched(faces)),
        (("extra faces", limits.extra_percent, least, False, "%", margin), _extra(faces)),
        (("mean score change", limits.mean_score_change, least), _mean(faces, faces.mean_score_change)),
        ((*landmarks, least), _mean(faces, faces.mean_landmark_error_percent)),
    )
    judged = [Bound(*bound).judge(figure) for bound, figure in asked if bound[1] is not None]
    return [enough("faces that fp32 finds", faces.reference_faces, least, FACES), *judged] if limits.required() else []


def _matched(faces: FaceAgreement) -> Figure:
    count = faces.reference_faces
    text = f"{faces.matched_share:.2%} ({faces.missed} of {count} missed{_split(faces.lost, faces.missed, 'lost')})"
    return Figure(faces.matched_interval.scaled(100), count, FACES, text, "share")


def _extra(faces: FaceAgreement) -> Figure:
    text = f"{faces.extra_share:.2%} ({faces.extra}{_split(faces.new, faces.extra, 'new')})"
    return Figure(faces.extra_interval.scaled(100), faces.reference_faces, FACES, text, "rate")


def _mean(faces: FaceAgreement, found: Interval) -> Figure:
    return Figure(found, faces.matched, "matched faces", f"{found.value:.4f}")


def _split(apart: int, whole: int, word: str) -> str:
    """How many faces one detector does not see at all, and how many only flip at the threshold."""
    return f": {apart} {word}, {whole - apart} at the threshold" if whole else ""
