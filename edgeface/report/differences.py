"""Differences between two detectors on one image, face by face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeface.report.page import Kind
from edgeface.tasks.detection.faces import Face, face_boxes
from edgeface.tasks.detection.match import MIN_IOU, MIN_SCORE, landmark_error_percent, match_boxes
from edgeface.tasks.detection.nms import iou_matrix

MOVED_IOU = 0.85
MOVED_PERCENT = 5.0
"""A matched face counts as moved below this overlap, or from this landmark error in percent of its size."""


@dataclass(frozen=True)
class Difference:
    """One face as found by both detectors; a side is None where that detector finds nothing, even below 0.5."""

    kind: Kind
    reference: Face | None
    candidate: Face | None

    @property
    def face(self) -> Face:
        """The face, the reference's where there is one."""
        found = self.reference or self.candidate
        assert found is not None
        return found

    @property
    def name(self) -> str:
        """The kind; a missed face that is not found at all is lost, an extra one that fp32 does not find at all new."""
        if self.kind == "missed" and self.candidate is None:
            return "lost"
        return "new" if self.kind == "extra" and self.reference is None else self.kind

    @property
    def words(self) -> str:
        """The difference in words."""
        if self.kind == "missed":
            assert self.reference is not None
            found = "not found" if self.candidate is None else f"found with only {self.candidate.score:.2f}"
            return f"{self.name}: a face of {_size(self.reference)}, score {self.reference.score:.2f} in fp32, {found}"
        if self.kind == "extra":
            assert self.candidate is not None
            found = "does not find it" if self.reference is None else f"has {self.reference.score:.2f}"
            return f"{self.name}: a face of {_size(self.candidate)}, score {self.candidate.score:.2f}; fp32 {found}"
        assert self.reference is not None
        assert self.candidate is not None
        error = landmark_error_percent(self.reference, self.candidate)
        named = "moved" if self.kind == "moved" else "the same"
        landmarks = "" if error is None else f"landmarks off by {error:.1f} % of its size, "
        return (
            f"{named}: a face of {_size(self.reference)}, {landmarks}"
            f"score {self.reference.score:.2f} → {self.candidate.score:.2f}"
        )


def differences(reference: Sequence[Face], candidate: Sequence[Face]) -> list[Difference]:
    """Every face that either detector finds: differing ones first, by falling size.

    Faces match as in `edgeface.tasks.detection.match.match_faces`; both lists include lower scores.
    """
    overlaps = iou_matrix(face_boxes(reference), face_boxes(candidate))
    rows = np.array([face.score >= MIN_SCORE for face in reference], bool)
    columns = np.array([face.score >= MIN_SCORE for face in candidate], bool)
    pairs = match_boxes(np.where(rows[:, None] & columns[None, :], overlaps, 0), MIN_IOU)
    found = [
        Difference(_kind(reference[i], candidate[j], float(overlaps[i, j])), reference[i], candidate[j])
        for i, j in pairs
    ]
    taken_rows, taken_columns = {i for i, _ in pairs}, {j for _, j in pairs}
    missed = [i for i in np.flatnonzero(rows).tolist() if i not in taken_rows]
    extra = [j for j in np.flatnonzero(columns).tolist() if j not in taken_columns]
    weak_columns, weak_rows = np.flatnonzero(~columns).tolist(), np.flatnonzero(~rows).tolist()
    below = {missed[a]: weak_columns[b] for a, b in match_boxes(overlaps[missed][:, ~columns], MIN_IOU)}
    under = {extra[b]: weak_rows[a] for a, b in match_boxes(overlaps[~rows][:, extra], MIN_IOU)}
    found += [Difference("missed", reference[i], candidate[below[i]] if i in below else None) for i in missed]
    found += [Difference("extra", reference[under[j]] if j in under else None, candidate[j]) for j in extra]
    order: dict[Kind, int] = {"missed": 0, "extra": 0, "moved": 1, "same": 2}
    return sorted(found, key=lambda item: (order[item.kind], -item.face.size_px))


def _kind(reference: Face, candidate: Face, overlap: float) -> Kind:
    far = (landmark_error_percent(reference, candidate) or 0.0) >= MOVED_PERCENT
    return "moved" if far or overlap < MOVED_IOU else "same"


def _size(face: Face) -> str:
    x1, y1, x2, y2 = face.box
    return f"{round(x2 - x1)}×{round(y2 - y1)} pixels"
