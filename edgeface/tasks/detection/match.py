"""How well two detectors agree on the faces of the same images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.nms import iou_matrix

MIN_IOU = 0.5
MIN_SCORE = 0.5
LISTED_SCORE = 0.3
"""Faces down to this score are decoded, so that one at the threshold can be distinguished from one not found."""


def match_faces(reference: Sequence[Face], candidate: Sequence[Face], min_score: float = MIN_SCORE) -> FaceAgreement:
    """Match the faces of one image, best overlap first.

    Args:
        reference: faces of the reference, down to `LISTED_SCORE`, so that faces just below the threshold are
            distinguished from faces that are not found.
        candidate: faces of the detector that is judged, down to the same score.
        min_score: minimum score of the faces that are matched and counted.
    """
    overlaps = iou_matrix(face_boxes(reference), face_boxes(candidate))
    strong_rows = np.array([face.score >= min_score for face in reference], bool)
    strong_columns = np.array([face.score >= min_score for face in candidate], bool)
    pairs = match_boxes(np.where(strong_rows[:, None] & strong_columns[None, :], overlaps, 0), MIN_IOU)
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    missed = [row for row in np.flatnonzero(strong_rows).tolist() if row not in rows]
    extra = [column for column in np.flatnonzero(strong_columns).tolist() if column not in columns]
    errors = [landmark_error_percent(reference[i], candidate[j]) for i, j in pairs]
    return FaceAgreement(
        matched=len(pairs),
        missed=len(missed),
        extra=len(extra),
        missed_by_score=len(match_boxes(overlaps[missed][:, ~strong_columns], MIN_IOU)),
        extra_by_score=len(match_boxes(overlaps[~strong_rows][:, extra], MIN_IOU)),
        score_changes=tuple(candidate[j].score - reference[i].score for i, j in pairs),
        landmark_errors_percent=tuple(error for error in errors if error is not None),
        ious=tuple(float(overlaps[i, j]) for i, j in pairs),
        listed=len(reference),
        listed_change=_listed_change(reference, candidate, overlaps),
    )


def _listed_change(reference: Sequence[Face], candidate: Sequence[Face], overlaps: NDArray[np.float32]) -> float:
    """Sum of the absolute score changes of all listed faces; one without a counterpart falls to the lowest score."""
    pairs = match_boxes(overlaps, MIN_IOU)
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    alone = [face.score for row, face in enumerate(reference) if row not in rows]
    alone += [face.score for column, face in enumerate(candidate) if column not in columns]
    changes = [abs(candidate[j].score - reference[i].score) for i, j in pairs]
    return sum(changes) + sum(max(score - LISTED_SCORE, 0.0) for score in alone)


def match_boxes(overlaps: NDArray[np.float32], min_iou: float) -> list[tuple[int, int]]:
    """Greedy one-to-one matching of rows and columns, largest overlap first, ties by row and column.

    Args:
        overlaps: float32 [n,m], IoU.
        min_iou: minimum overlap of a pair; must be above 0.

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


def landmark_error_percent(reference: Face, candidate: Face) -> float | None:
    """Mean distance of the landmarks in percent of the reference face's size √(width·height).

    None where a face has no landmarks, or another number of them than the other: these are other points.
    """
    if not reference.landmarks or len(reference.landmarks) != len(candidate.landmarks):
        return None
    difference = np.subtract(reference.landmarks, candidate.landmarks)
    return float(np.linalg.norm(difference, axis=1).mean() / max(reference.size_px, 1.0) * 100)
