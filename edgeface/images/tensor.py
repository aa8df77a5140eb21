"""A network's input tensor in the order of memory that its model reads, and memory that is used again.

What stands in it is what `images.normalize` defines, to the bit: x − mean is exact in float64 for every 8-bit x and
float32 mean, and so is a product of two float32, so that OpenCV rounds once, as numpy does, in whichever it computes.
A tensor whose memory has the channels last is turned for a model that reads them last without moving a number.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.images.normalize import gray


class TensorMemory:
    """Memory for one input tensor of each thread.

    A new tensor of a megabyte or more costs as much as filling it: the system clears and maps every page of it.

    Args:
        shape: of the tensor, [1,C,height,width].
        channels_last: whether the model reads [1,height,width,C].
    """

    def __init__(self, shape: tuple[int, ...], channels_last: bool = False) -> None:
        self._shape, self._channels_last = shape, channels_last
        self._mine = _Mine()

    def filled(
        self, image: NDArray[np.uint8], color: str, mean: Sequence[float], scale: Sequence[float]
    ) -> NDArray[np.float32]:
        """This thread's tensor float32 [1,C,height,width], with an image in it until the next; as `fill_tensor`."""
        if self._mine.tensor is None:
            self._mine.tensor = new_tensor(self._shape, self._channels_last)
        rows, columns = image.shape[:2]
        if rows < self._mine.rows:
            self._mine.tensor[:, :, rows : self._mine.rows] = 0
        if columns < self._mine.columns:
            self._mine.tensor[:, :, :rows, columns : self._mine.columns] = 0
        self._mine.rows, self._mine.columns = rows, columns
        fill_tensor(self._mine.tensor, image, color, mean, scale)
        return self._mine.tensor


class _Mine(threading.local):
    """A thread's tensor, and how much of it is not 0."""

    tensor: NDArray[np.float32] | None = None
    rows = columns = 0


def new_tensor(shape: tuple[int, ...], channels_last: bool = False) -> NDArray[np.float32]:
    """Zeros float32 [1,C,height,width]; with `channels_last` a view of memory [1,height,width,C]."""
    batch, channels, height, width = shape
    if not channels_last:
        return np.zeros(shape, np.float32)
    return np.zeros((batch, height, width, channels), np.float32).transpose(0, 3, 1, 2)


def fill_all(
    tensor: NDArray[np.float32],
    image: NDArray[np.uint8],
    color: str,
    mean: Sequence[float],
    scale: Sequence[float],
) -> None:
    """As `fill_tensor`, and 0 into the rest."""
    rows, columns = image.shape[:2]
    tensor[:, :, rows:] = 0
    tensor[:, :, :rows, columns:] = 0
    fill_tensor(tensor, image, color, mean, scale)


def fill_tensor(
    tensor: NDArray[np.float32],
    image: NDArray[np.uint8],
    color: str,
    mean: Sequence[float],
    scale: Sequence[float],
) -> None:
    """Write `normalized(image, …)` at the top left of a tensor; the rest of it stays as it is.

    Args:
        tensor: float32 [1,C,height,width], of `new_tensor`.
        image: uint8 [h,w,3] in BGR, no larger than it.
        color: the order of the tensor's channels, "bgr", "rgb", or "grey" for one.
        mean: for each channel of the tensor, subtracted first.
        scale: for each channel of the tensor.
    """
    rows, columns = image.shape[:2]
    shift, factor = ([float(np.float32(value)) for value in values] for values in (mean, scale))
    pixels = tensor[0].transpose(1, 2, 0)[:rows, :columns]
    if color == "grey":
        _fill(pixels[:, :, 0], gray(image), shift[0], factor[0])
    elif pixels.strides[2] == pixels.itemsize:
        _fill_channels(pixels, image[:, :, ::-1] if color == "rgb" else image, shift, factor)
    else:
        for place in range(3):
            channel = 2 - place if color == "rgb" else place
            _fill(pixels[:, :, place], cv2.extractChannel(image, channel), shift[place], factor[place])


def _fill(
    plane: NDArray[np.float32], values: NDArray[np.uint8] | cv2.typing.MatLike, shift: float, factor: float
) -> None:
    scalar: Any = shift  # which OpenCV's types do not know
    cv2.subtract(values, scalar, dst=plane, dtype=cv2.CV_32F)
    if factor != 1:
        plane *= np.float32(factor)


def _fill_channels(
    pixels: NDArray[np.float32], image: NDArray[np.uint8], shift: Sequence[float], factor: Sequence[float]
) -> None:
    scalar: Any = (*shift, 0.0)
    cv2.subtract(np.ascontiguousarray(image), scalar, dst=pixels, dtype=cv2.CV_32F)
    if any(value != 1 for value in factor):
        pixels *= np.float32(factor[0]) if len(set(factor)) == 1 else np.array(factor, np.float32)
