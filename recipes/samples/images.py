"""The images that are trained on: scenes in a folder, and portraits that an archive holds as JPEG bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from distort import Image
from numpy.typing import NDArray

from edgeface.images.files import read_image
from edgeface.images.folder import list_images


@dataclass(frozen=True)
class Portraits:
    """Images of one main person each.

    Attributes:
        blob: uint8, the JPEG files one after another.
        offsets: int64 [n+1]; image i is blob[offsets[i]:offsets[i+1]].
    """

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Image:
        """Image uint8 [H,W,3] in BGR."""
        data = np.frombuffer(self.encoded(index), np.uint8)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    def encoded(self, index: int) -> bytes:
        """An image's JPEG file."""
        return self.blob[self.offsets[index] : self.offsets[index + 1]].tobytes()


@dataclass(frozen=True)
class Images:
    """What is trained on.

    Attributes:
        data: a folder with `scenes/` and `lfw/extra_250.npz`. Nothing else in it is read.
    """

    data: Path

    @cached_property
    def scenes(self) -> list[Image]:
        """Images of several persons."""
        return [read_image(path) for path in list_images(self.data / "scenes")]

    @cached_property
    def portraits(self) -> Portraits:
        """Images of one main person."""
        with np.load(self.data / "lfw" / "extra_250.npz") as stored:
            return Portraits(stored["blob"], stored["off"].astype(np.int64))
