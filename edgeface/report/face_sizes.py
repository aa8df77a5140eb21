"""Faces by their height in the network's input: which are matched, missed and found anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeface.core.confidence import share_interval
from edgeface.core.description import Table
from edgeface.report.seen import SeenFace, SeenImage

SIZES: tuple[tuple[str, float, float], ...] = (
    ("small, under 32 px", 0, 32),
    ("medium, 32 to 96 px", 32, 96),
    ("large, from 96 px", 96, float("inf")),
)
"""Name, least height, and the height that is the next one's; the bounds are COCO's."""

_HEADER = ("height", "matched", "95 % interval", "fp32's faces", "missed", "of them lost", "extra", "score change")
_MATCHED, _MISSED, _EXTRA = ("same", "moved"), ("missed", "lost"), ("extra", "new")


@dataclass(frozen=True)
class SizeCounts:
    """Faces of one size: matched, missed at the threshold, and found only by the artifact; changes of the scores."""

    matched: int
    missed: int
    lost: int
    extra: int
    score_changes: tuple[float, ...]

    @property
    def reference_faces(self) -> int:
        """Faces that the reference finds."""
        return self.matched + self.missed


def size_counts(faces: Sequence[SeenFace], least: float, below: float) -> SizeCounts:
    """The counts of the faces of some heights, in pixels of the network's input."""
    chosen = [face for face in faces if least <= face.height_px < below]
    names = [face.name for face in chosen]
    return SizeCounts(
        sum(name in _MATCHED for name in names),
        sum(name in _MISSED for name in names),
        names.count("lost"),
        sum(name in _EXTRA for name in names),
        tuple(change for face in chosen for change in score_change(face)),
    )


def score_change(face: SeenFace) -> tuple[float, ...]:
    """The candidate's score less the reference's of a matched face; nothing of others."""
    first, second = face.scores
    return (second - first,) if face.name in _MATCHED and first is not None and second is not None else ()


def size_table(images: Sequence[SeenImage]) -> Table:
    """A row for each size that there are faces of."""
    faces = [face for image in images for face in image.faces]
    rows = [(name, size_counts(faces, least, below)) for name, least, below in SIZES]
    shown = tuple(_row(name, found) for name, found in rows if found.reference_faces or found.extra)
    return Table("Faces by size, in pixels of the network's input", _HEADER, shown)


def _row(name: str, found: SizeCounts) -> tuple[str, ...]:
    share = share_interval(found.matched, found.reference_faces)
    known = found.reference_faces > 0
    changes = found.score_changes
    return (
        name,
        f"{100 * share.value:.1f} %" if known else "–",
        f"{100 * share.low:.1f}–{100 * share.high:.1f} %" if known else "–",
        str(found.reference_faces),
        str(found.missed),
        str(found.lost),
        str(found.extra),
        f"{sum(map(abs, changes)) / len(changes):.4f}" if changes else "–",
    )
