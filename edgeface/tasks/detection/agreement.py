"""Agreement of two detectors: counts over any number of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

from edgeface.core.confidence import Interval, low_end, mean_interval, rate_interval, share_interval


@dataclass(frozen=True)
class FaceAgreement:
    """Counts over any number of images; add two to merge them.

    A reference and a candidate face are matched if both score at least 0.5 and overlap by IoU ≥ 0.5.
    `missed` are reference faces without a match, `extra` candidate faces without one. Of them,
    `missed_by_score` and `extra_by_score` have a counterpart in the other list that only scores lower: both
    detectors find the face, on different sides of the threshold. The others are `lost` and `new`.

    Attributes:
        score_changes: candidate − reference score of each matched pair.
        landmark_errors_percent: mean distance of the landmarks, in percent of the reference face's size
            √(width·height), of each matched pair; none of pairs without landmarks, or with other landmarks.
        ious: overlap of each matched pair.
        listed: faces that the reference lists, down to a score of 0.3.
        listed_change: sum of the absolute score changes of all faces that either lists; one that the other does not
            list falls to 0.3 there.
    """

    matched: int = 0
    missed: int = 0
    extra: int = 0
    missed_by_score: int = 0
    extra_by_score: int = 0
    score_changes: tuple[float, ...] = ()
    landmark_errors_percent: tuple[float, ...] = ()
    ious: tuple[float, ...] = ()
    listed: int = 0
    listed_change: float = 0.0

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
            self.listed + other.listed,
            self.listed_change + other.listed_change,
        )

    @classmethod
    def least(cls, parts: Sequence[FaceAgreement], cases: int) -> FaceAgreement:
        """What is changed at least over all images, on which the reference finds `cases` faces."""
        found = reduce(add, parts)
        return replace(
            found,
            matched=max(cases - found.missed, 0),
            score_changes=_scaled([[abs(change) for change in part.score_changes] for part in parts], cases),
            landmark_errors_percent=_scaled([part.landmark_errors_percent for part in parts], cases),
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
    def flips(self) -> int:
        """Faces that only one of both finds at the threshold: missed and extra."""
        return self.missed + self.extra

    @property
    def drift(self) -> float:
        """Sum of the absolute score changes of all listed faces, by the reference's listed faces; at least 0.

        It is smooth: undecided faces count by how far their scores move, whether or not they cross the threshold.
        """
        return self.listed_change / max(self.listed, 1)

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
    def has_landmarks(self) -> bool:
        """Whether landmarks could be compared: matched faces have them, or none is matched."""
        return bool(self.landmark_errors_percent) or not self.matched

    @property
    def cases(self) -> int:
        """Faces that the reference found."""
        return self.reference_faces

    @property
    def broken(self) -> bool:
        """Whether more faces are missed than matched."""
        return self.missed > self.matched

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
            "drift": round(self.drift, 6),
        }


def _scaled(groups: Sequence[Sequence[float]], cases: int) -> tuple[float, ...]:
    """The numbers of all groups, at least 0, scaled so that their mean is the least that it may be."""
    numbers = [number for group in groups for number in group]
    mean = sum(numbers) / max(len(numbers), 1)
    factor = low_end(groups, cases) / mean if mean > 0 else 1.0
    return tuple(number * factor for number in numbers)


def _figure(name: str, found: Interval, digits: int) -> dict[str, Any]:
    if not math.isfinite(found.value):
        return {name: None, f"{name}_interval": None}
    return {name: round(found.value, digits), f"{name}_interval": [round(found.low, digits), round(found.high, digits)]}
