"""How well two detectors agree on the faces of the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.nms import iou_matrix

MIN_IOU = 0.5
MIN_SCORE = 0.5


@dataclass(frozen=True)
class Agreement:
    """Counts over any number of images; add two to merge them.

    A reference and a candidate face are matched if both score at least 0.5 and overlap by IoU ≥ 0.5.
    `missed` are reference faces without a match, `extra` candidate faces without one. Of them,
    `missed_by_score` and `extra_by_score` have a counterpart in the other list that only scores lower: the two
    detectors see the same face on different sides of the threshold.

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

    def __add__(self, other: Agreement) -> Agreement:
        """The agreement over both sets of images."""
        return Agreement(
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


def match_faces(reference: Sequence[Face], candidate: Sequence[Face], min_score: float = MIN_SCORE) -> Agreement:
    """Match the faces of one image, best overlap first.

    Args:
        reference: faces of the reference, down to a lower score than `min_score` (0.3, say), so
            that faces at the threshold can be told from faces that the other does not see.
        candidate: faces of the detector that is judged, down to the same score.
        min_score: least score of the faces that are matched and counted.
    """
    overlaps = iou_matrix(face_boxes(reference), face_boxes(candidate))
    strong_rows = np.array([face.score >= min_score for face in reference], bool)
    strong_columns = np.array([face.score >= min_score for face in candidate], bool)
    pairs = match_boxes(np.where(strong_rows[:, None] & strong_columns[None, :], overlaps, 0), MIN_IOU)
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    missed = [row for row in np.flatnonzero(strong_rows).tolist() if row not in rows]
    extra = [column for column in np.flatnonzero(strong_columns).tolist() if column not in columns]
    return Agreement(
        matched=len(pairs),
        missed=len(missed),
        extra=len(extra),
        missed_by_score=len(match_boxes(overlaps[missed][:, ~strong_columns], MIN_IOU)),
        extra_by_score=len(match_boxes(overlaps[~strong_rows][:, extra], MIN_IOU)),
        score_changes=tuple(candidate[j].score - reference[i].score for i, j in pairs),
        landmark_errors_percent=tuple(landmark_error_percent(reference[i], candidate[j]) for i, j in pairs),
        ious=tuple(float(overlaps[i, j]) for i, j in pairs),
    )


def match_boxes(overlaps: NDArray[np.float32], min_iou: float) -> list[tuple[int, int]]:
    """Greedy one-to-one matching of rows and columns, largest overlap first, ties by row and column.

    Args:
        overlaps: float32 [n,m], IoU.
        min_iou: least overlap of a pair; must be above 0.

    Returns:
        Pairs (row, column), sorted.
    """
    rows, columns = np.nonzero(overlaps >= min_iou)
    order = np.argsort(-overlaps[rows, columns], kind="stable")
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return sorted(pairs.items())


def landmark_error_percent(reference: Face, candidate: Face) -> float:
    """Mean distance of the five points in percent of the reference face's size √(width·height)."""
    difference = np.subtract(reference.landmarks, candidate.landmarks)
    return float(np.linalg.norm(difference, axis=1).mean() / max(reference.size_px, 1.0) * 100)
