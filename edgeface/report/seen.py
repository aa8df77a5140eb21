"""What the judging showed of each image, as values: for charts, and as `seen.json` for pages of several artifacts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edgeface.core.artifact import read_json
from edgeface.reading.damage import damage_reported
from edgeface.reading.regular_file import is_file

SEEN = "seen.json"
"""Beside an artifact's manifest; without it where the export was not to show images."""

KEPT = 400
"""So many images are kept, those of the largest differences."""

PICTURE_PX, QUALITY = 560, 75
_SAMPLED = 256
_MODEL = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

_Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
Edges = tuple[float, float, float, float]


class SeenFace(BaseModel):
    """A face that either detector finds, with both boxes x1, y1, x2, y2 in pixels of the image, and both scores.

    `name` says how the detectors differ, as `edgeface.report.differences.Difference.name`; `height_px` is the face's
    height in the network's input. A side is None where that detector finds nothing, even below the threshold.
    """

    model_config = _MODEL

    name: Literal["same", "moved", "missed", "lost", "extra", "new"]
    height_px: float
    reference: Edges | None = None
    candidate: Edges | None = None
    scores: tuple[float | None, float | None] = (None, None)


class SeenImage(BaseModel):
    """An image: its digest, size in pixels, how much the networks differ, and what they decide.

    `faces` are a detector's; `figure` is what else there is: a recognizer's cosine, other networks' error.
    """

    model_config = _MODEL

    digest: _Digest
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    severity: tuple[float, ...]
    name: str = ""
    faces: tuple[SeenFace, ...] = ()
    figure: float | None = None


class Picture(BaseModel):
    """A small JPEG of an image, with its size in pixels."""

    model_config = _MODEL

    data: _Base64
    height: int = Field(gt=0)
    width: int = Field(gt=0)


class Seen(BaseModel):
    """The content of `seen.json`; the same inputs give the same bytes. `pictures` are by the images' digests."""

    model_config = _MODEL

    format: Literal[1] = 1
    count: int
    images: tuple[SeenImage, ...]
    pictures: dict[_Digest, Picture]


def digest_of(image: NDArray[np.uint8]) -> str:
    """A digest of an image, uint8 [h,w,3], by its size and a sample of its pixels."""
    step = max(1, max(image.shape[:2]) // _SAMPLED)
    found = hashlib.sha256(repr(image.shape).encode("ascii"))
    found.update(np.ascontiguousarray(image[::step, ::step]).tobytes())
    return found.hexdigest()[:24]


def figure_record(image: NDArray[np.uint8], severity: Sequence[float], figure: float) -> SeenImage:
    """The record of an image, uint8 [h,w,3], with one figure."""
    height, width = image.shape[:2]
    rounded = tuple(round(value, 6) for value in severity)
    return SeenImage(digest=digest_of(image), height=height, width=width, severity=rounded, figure=round(figure, 6))


def picture_of(image: NDArray[np.uint8]) -> Picture:
    """The small JPEG of an image, uint8 [h,w,3] in BGR."""
    height, width = image.shape[:2]
    scale = min(1.0, PICTURE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return Picture(data=base64.b64encode(encoded.tobytes()).decode("ascii"), height=size[1], width=size[0])


def worst_first(images: Sequence[SeenImage]) -> list[SeenImage]:
    """The images by falling difference, equal ones by their digest, so that every target has the same order."""
    return sorted(images, key=lambda image: (tuple(-value for value in image.severity), image.digest))


def read_seen(folder: Path) -> Seen | None:
    """What an artifact's judging showed; None where it was not kept.

    Raises:
        InputError: the file is damaged.
    """
    path = folder / SEEN
    if not is_file(path):
        return None
    with damage_reported("record of the judging", str(path), "export the artifact again"):
        return Seen.model_validate(read_json(path))
