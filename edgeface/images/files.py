"""Image files: read them, and convert an image to a network's input tensor."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import ImageInput
from edgeface.core.artifact import sha256_hex
from edgeface.errors import InputError
from edgeface.images.decode import decode_image
from edgeface.images.fit import Scale, fit
from edgeface.images.given import check_image
from edgeface.images.header import claims_too_much, declared_size, is_netpbm
from edgeface.images.tensor import TensorMemory, fill_tensor, new_tensor
from edgeface.reading.given_path import StrPath, given_path
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import read_file

MAX_PIXELS = 100_000_000
MIN_SIDE_PX = 8


def read_image(path: StrPath) -> NDArray[np.uint8]:
    """The image as uint8 [H,W,3] in BGR, turned upright by its EXIF orientation.

    Gray images become three equal channels; transparency is dropped. Unlike `cv2.imread` it says what is wrong with a
    file, and refuses one that is damaged in part.

    Args:
        path: a JPEG, PNG, BMP, WebP or binary PPM or PGM file of at most 64 MiB and 100 megapixels.

    Example:
        >>> image = edgeface.read_image("group.jpg")

    Raises:
        InputError: the file is missing, empty, too large, not an image, under 8 pixels per side, or cannot be decoded
            wholly.
    """
    file = given_path(path, "the image's path")
    data, _ = _data(file)
    return decode_image(data, file)


def read_digested(path: Path) -> tuple[str, NDArray[np.uint8]]:
    """An image as `read_image` reads it, and the SHA-256 of its file in hex: the file is read once for both.

    Raises:
        InputError: as `read_image`.
    """
    data, _ = _data(path)
    return sha256_hex(data), decode_image(data, path)


def read_gray(path: Path, min_side_px: int) -> NDArray[np.uint8] | None:
    """The image as uint8 [h,w] in gray, for comparing images; None where `read_image` would refuse it or it is damaged.

    JPEG files are decoded at 1/2, 1/4 or 1/8 of their size, as long as their sides keep `min_side_px`.
    """
    try:
        data, size = _data(path)
        if is_netpbm(data):
            return np.asarray(cv2.cvtColor(decode_image(data, path), cv2.COLOR_BGR2GRAY), np.uint8)
    except InputError:
        return None
    reduced = next((flag for part, flag in _REDUCED if min(size) >= part * min_side_px), cv2.IMREAD_GRAYSCALE)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), reduced)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def letterbox(
    image: NDArray[np.uint8], spec: ImageInput, memory: TensorMemory | None = None
) -> tuple[NDArray[np.float32], Scale]:
    """The input tensor for an image, as `spec` describes it.

    Args:
        image: uint8 [H,W,3] in BGR.
        spec: input size, fit, color order, mean and scale.
        memory: that of the tensor, which holds until the next one; None makes a contiguous one.

    Returns:
        The tensor float32 [1,C,height,width], and the scale in input pixels per image pixel: image
        coordinates are tensor coordinates divided by it. It is a number, or with `fit` "stretch" one along x and one
        along y.

    Raises:
        InputError: the array is not uint8 [H,W,3], or is empty.
    """
    resized, scale = fitted(image, spec)
    return placed(resized, spec, memory), scale


def fitted(image: NDArray[np.uint8], spec: ImageInput) -> tuple[NDArray[np.uint8], Scale]:
    """An image as the network sees it: scaled, up or down, to the size that it is fed at, uint8 [h,w,3]; and the scale.

    Downscaling averages pixel areas, upscaling is bilinear: on labeled images downscaled to VGA, RetinaFace-mnet0.25
    has an average precision of .866 and .921 (two trainings) with area averaging and .861 and .922 with bilinear
    downscaling, and area averaging does not alias.

    Raises:
        InputError: the array is not uint8 [H,W,3], or is empty.
    """
    check_image(image)
    height, width = image.shape[:2]
    scale, rows, columns = fit((height, width), spec.height, spec.width, spec.fit)
    if (rows, columns) != (height, width):
        interpolation = cv2.INTER_AREA if rows <= height and columns <= width else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, (columns, rows), interpolation=interpolation), np.uint8)
    return image, scale


def placed(resized: NDArray[np.uint8], spec: ImageInput, memory: TensorMemory | None = None) -> NDArray[np.float32]:
    """The input tensor float32 [1,C,height,width] of a fitted image: at the top left, the padding 0 once normalized.

    It is in `memory` until the next one, or else new and contiguous.
    """
    if memory is not None:
        return memory.filled(resized, spec.color, spec.mean, spec.scale)
    tensor = new_tensor(spec.shape)
    fill_tensor(tensor, resized, spec.color, spec.mean, spec.scale)
    return tensor


_REDUCED = (
    (8, cv2.IMREAD_REDUCED_GRAYSCALE_8),
    (4, cv2.IMREAD_REDUCED_GRAYSCALE_4),
    (2, cv2.IMREAD_REDUCED_GRAYSCALE_2),
)

_FIX_FORMAT = "replace the file, or convert it to JPEG or PNG"


def _data(path: Path) -> tuple[bytes, tuple[int, int]]:
    """The bytes of an image, and the height and width that it declares."""
    data = read_file(path, IMAGE)
    if not data:
        raise InputError("the image file is empty", where=str(path), fix=_FIX_FORMAT)
    size = declared_size(data)
    if size is None:
        what = "not an image: no JPEG, PNG, BMP, WebP or PPM header"
        if is_netpbm(data):
            what = "the header of the PPM or PGM file is not one of 8 bits, with 255 levels"
        raise InputError(what, where=str(path), fix=_FIX_FORMAT)
    _check_size(size, path)
    if claims_too_much(size, len(data)):
        raise InputError(
            f"the image declares {size[0]}×{size[1]} pixels in {len(data):,} bytes, which no photograph does",
            where=str(path),
            fix="leave it out, or make it smaller",
        )
    return data, size


def _check_size(size: tuple[int, int], path: Path) -> None:
    height, width = size
    if min(size) < MIN_SIDE_PX:
        raise InputError(
            f"the image has only {height}×{width} pixels",
            where=str(path),
            fix=f"use images of at least {MIN_SIDE_PX} pixels per side",
        )
    if height * width > MAX_PIXELS:
        raise InputError(
            f"the image has {height}×{width} pixels, over {MAX_PIXELS // 1_000_000} megapixels",
            where=str(path),
            fix="make the image smaller",
        )
