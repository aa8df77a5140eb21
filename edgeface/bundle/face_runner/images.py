"""Reading of images: PPM and NPY directly; JPEG, PNG, BMP and WebP with OpenCV or Pillow if one is installed."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.resize import Image
from edgeface.images.header import (
    claims_too_much,
    declared_size,
    is_netpbm,
    lacks_jpeg_end,
    lacks_png_end,
    netpbm_header,
)
from edgeface.reading.regular_file import Kind, read_file

KIND = Kind("image", 320 << 20, "pass a PPM, NPY, JPEG, PNG, BMP or WebP file", "make the image smaller", RunnerError)
MAX_PIXELS = 100_000_000
MIN_SIDE_PX = 8
_FIX = "convert it to PPM (magick in.jpg out.ppm), or install opencv-python-headless or Pillow"


def read_image(path: Path) -> Image:
    """An image as uint8 [H,W,3] in BGR.

    Args:
        path: binary PPM or PGM with 255 levels, an .npy file of uint8 [H,W,3] in BGR, or JPEG, PNG, BMP or WebP.

    Raises:
        RunnerError: the file is missing, not a regular file, too large, truncated or not an image.
    """
    image = decode_image(read_file(path, KIND), str(path))
    if min(image.shape[:2]) < MIN_SIDE_PX:
        raise RunnerError(
            f"the image is only {image.shape[0]}×{image.shape[1]} pixels",
            str(path),
            f"use images of at least {MIN_SIDE_PX} pixels a side",
        )
    return image


def decode_image(data: bytes, where: str) -> Image:
    """An image file's bytes as uint8 [H,W,3] in BGR.

    Raises:
        RunnerError: they are not an image, or in a format that cannot be read here.
    """
    if is_netpbm(data):
        return _decode_pnm(data, where)
    if data[:6] == b"\x93NUMPY":
        return _decode_npy(data, where)
    return _decode_by_library(data, where)


def encode_ppm(image: Image) -> bytes:
    """uint8 [H,W,3] in BGR as a binary PPM file."""
    height, width = image.shape[:2]
    return f"P6\n{width} {height}\n255\n".encode() + np.ascontiguousarray(image[:, :, ::-1]).tobytes()


def _decode_pnm(data: bytes, where: str) -> Image:
    header = netpbm_header(data)
    if header is None:
        raise RunnerError("the PPM header is not one of 8 bits", where, "write binary PPM (P6) with 255 levels")
    _check_pixels(header.size, where)
    if not header.is_whole(data):
        raise RunnerError("the PPM file is truncated or has trailing bytes", where, "write it again")
    pixels = np.frombuffer(data, np.uint8, offset=header.offset).reshape(*header.size, header.channels)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*header.size, 3))[:, :, ::-1])


def _decode_npy(data: bytes, where: str) -> Image:
    stream = io.BytesIO(data)
    try:
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, by_columns, dtype = readers[np.lib.format.read_magic(stream)](stream)
    except Exception as error:  # numpy's header parser raises anything on damaged text
        raise RunnerError("the NPY file is damaged", where) from error
    if dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or min(shape) < 1:
        raise RunnerError(f"the array is {dtype} {list(shape)}", where, "save uint8 [H,W,3] in BGR")
    _check_pixels(shape[:2], where)
    if len(data) - stream.tell() != shape[0] * shape[1] * 3:
        raise RunnerError("the NPY file is truncated or has trailing bytes", where, "write it again")
    pixels = np.frombuffer(data, np.uint8, offset=stream.tell())
    return np.ascontiguousarray(pixels.reshape(shape, order="F" if by_columns else "C"))


def _check_pixels(size: Sequence[int], where: str) -> None:
    """Refuse a size that a header claims, before anything is decoded."""
    height, width = size
    if not 0 < height * width <= MAX_PIXELS:
        raise RunnerError(f"the image claims {height}×{width} pixels", where, "make the image smaller")


def _decode_by_library(data: bytes, where: str) -> Image:
    size = declared_size(data)
    if size is None:
        raise RunnerError("not an image: no PPM, NPY, JPEG, PNG, BMP or WebP header", where, KIND.fix)
    _check_pixels(size, where)
    if claims_too_much(size, len(data)):
        raise RunnerError(f"the image claims {size[0]}×{size[1]} pixels in {len(data):,} bytes", where, "leave it out")
    if lacks_jpeg_end(data) or lacks_png_end(data):
        raise RunnerError("the image is truncated", where, "copy the file again")
    try:
        import cv2
    except ImportError:
        return _decode_by_pillow(data, where)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise RunnerError("not an image that OpenCV can decode", where, "use a complete JPEG, PNG or PPM file")
    return np.asarray(image, np.uint8)


def _decode_by_pillow(data: bytes, where: str) -> Image:
    try:
        from PIL import Image as Pil
        from PIL import ImageOps
    except ImportError as error:
        raise RunnerError("this image format cannot be decoded here", where, _FIX) from error
    try:
        with Pil.open(io.BytesIO(data)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, TypeError, struct.error, Pil.DecompressionBombError) as error:
        raise RunnerError(f"not an image that Pillow can decode: {error}", where) from error
    return np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
