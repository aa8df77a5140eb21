"""Draw faces on an image."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.landmark_orders import landmark_sides

_BOX_BGR = (60, 220, 60)
_TEXT_BGR = (20, 20, 20)
_LEFT_BGR, _NOSE_BGR, _RIGHT_BGR = (60, 60, 255), (0, 220, 255), (255, 120, 40)
_POINT_COLORS = {1: _LEFT_BGR, 0: _NOSE_BGR, -1: _RIGHT_BGR}


def draw_faces(
    image: NDArray[np.uint8], faces: Sequence[Face], labels: Sequence[str] | None = None
) -> NDArray[np.uint8]:
    """A copy of the image with every face's box, label and landmarks drawn on it.

    Lines and letters grow with the image. Points of the face's side at the image's left are red, of its other side
    blue, those between yellow, so that mirrored landmarks show; where a number of landmarks has no known order, all are
    yellow.

    Args:
        image: uint8 [H,W,3] in BGR.
        faces: in pixels of that image.
        labels: a text for each face, None for their scores. Accents are dropped and letters that are not ASCII
            become question marks, for OpenCV's fonts have no others.

    Returns:
        uint8 [H,W,3] in BGR.
    """
    canvas = np.ascontiguousarray(image).copy()
    thickness = max(1, round(max(image.shape[:2]) / 500))
    texts = [f"{face.score:.2f}" for face in faces] if labels is None else [_ascii(label) for label in labels]
    for face, text in reversed(list(zip(faces, texts, strict=True))):  # the most certain face is drawn last, on top
        x1, y1, x2, y2 = (round(value) for value in face.box)
        cv2.rectangle(canvas, (x1, y1), (x2, y2), _BOX_BGR, thickness)
        _draw_label(canvas, text, (x1, y1), thickness)
        radius = max(1, round(face.size_px / 30))
        for (x, y), side in zip(face.landmarks, landmark_sides(len(face.landmarks)), strict=True):
            cv2.circle(canvas, (round(x), round(y)), radius, _POINT_COLORS[side], cv2.FILLED, cv2.LINE_AA)
    return canvas


def _ascii(text: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return plain.encode("ascii", "replace").decode("ascii")


def _draw_label(canvas: NDArray[np.uint8], text: str, corner: tuple[int, int], thickness: int) -> None:
    """A text on a filled label above the box, or inside it where the image ends."""
    scale = 0.4 * thickness if thickness > 1 else 0.4
    font = cv2.FONT_HERSHEY_SIMPLEX
    (width, height), base = cv2.getTextSize(text, font, scale, thickness)
    left = min(max(corner[0], 0), max(canvas.shape[1] - width, 0))
    bottom = corner[1] if corner[1] >= height + base else corner[1] + height + base
    cv2.rectangle(canvas, (left, bottom - height - base), (left + width, bottom), _BOX_BGR, cv2.FILLED)
    cv2.putText(canvas, text, (left, bottom - base // 2), font, scale, _TEXT_BGR, thickness, cv2.LINE_AA)
