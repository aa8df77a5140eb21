"""What a detector's judging showed of one image: every face that either network finds, with both scores."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.images.fit import along
from edgeface.report.differences import Difference, differences
from edgeface.report.seen import Edges, SeenFace, SeenImage, digest_of
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.task import View


def face_record(
    shown: View, severity: tuple[float, ...], reference: Sequence[Face], candidate: Sequence[Face]
) -> SeenImage:
    """The record of an image.

    Args:
        shown: the image as it was fed.
        severity: how much the networks differ.
        reference: its faces by the reference, down to low scores.
        candidate: its faces by the artifact, down to low scores.
    """
    height, width = shown.image.shape[:2]
    down = along(shown.scale)[1]
    faces = tuple(_face(found, down) for found in differences(reference, candidate))
    return SeenImage(
        digest=digest_of(shown.image), height=height, width=width, severity=_rounded(severity), faces=faces
    )


def _face(found: Difference, down: float) -> SeenFace:
    first, second = found.reference, found.candidate
    _, top, _, bottom = found.face.box
    return SeenFace.model_validate(
        {
            "name": found.name,
            "height_px": round((bottom - top) * down, 1),
            "reference": None if first is None else _edges(first),
            "candidate": None if second is None else _edges(second),
            "scores": tuple(None if each is None else round(each.score, 4) for each in (first, second)),
        }
    )


def _edges(face: Face) -> Edges:
    left, top, right, bottom = (round(edge, 1) for edge in face.box)
    return left, top, right, bottom


def _rounded(severity: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 6) for value in severity)
