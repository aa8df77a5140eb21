"""Reading of images: PPM and NPY directly, JPEG and others with OpenCV or Pillow if one is installed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.resize import Image

MAX_FILE_BYTES = 320 << 20
MAX_PIXELS = 100_000_000
MIN_SIDE_PX = 8
_PNM = re.compile(rb"P([56])(?:\s+|#[^\n]*\n)+(\d{1,6})(?:\s+|#[^\n]*\n)+(\d{1,6})(?:\s+|#[^\n]*\n)+255\s")
_FIX = "convert it to PPM (magick in.jpg out.ppm), or install opencv-python-headless or Pillow"


def read_image(path: Path) -> Image:
    """An image as uint8 [H,W,3] in BGR.

    Args:
        path: binary PPM or PGM with 255 levels, an .npy file of uint8 [H,W,3] in BGR, or a format of OpenCV or Pillow.

    Raises:
        RunnerError: the file is missing, too large, or not an image.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RunnerError(f"cannot read the image: {error.strerror}", str(path)) from error
    if len(data) > MAX_FILE_BYTES:
        raise RunnerError(f"the image is over {MAX_FILE_BYTES >> 20} MiB", str(path), "make the image smaller")
    image = decode_image(data, str(path))
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
    if data[:2] in (b"P5", b"P6"):
        return _decode_pnm(data, where)
    if data[:6] == b"\x93NUMPY":
        return _decode_npy(data, where)
    return _decode_by_library(data, where)


def encode_ppm(image: Image) -> bytes:
    """uint8 [H,W,3] in BGR as a binary PPM file."""
    height, width = image.shape[:2]
    return f"P6\n{width} {height}\n255\n".encode() + np.ascontiguousarray(image[:, :, ::-1]).tobytes()


def _decode_pnm(data: bytes, where: str) -> Image:
    header = _PNM.match(data)
    if header is None:
        raise RunnerError("the PPM header is not one of 8 bits", where, "write binary PPM (P6) with 255 levels")
    channels = 3 if header[1] == b"6" else 1
    width, height = int(header[2]), int(header[3])
    if not 0 < width * height <= MAX_PIXELS:
        raise RunnerError(f"the image claims {height}×{width} pixels", where, "make the image smaller")
    if len(data) - header.end() != width * height * channels:
        raise RunnerError("the PPM file is truncated or has trailing bytes", where, "write it again")
    pixels = np.frombuffer(data, np.uint8, offset=header.end()).reshape(height, width, channels)
    return np.ascontiguousarray(np.broadcast_to(pixels, (height, width, 3))[:, :, ::-1])


def _decode_npy(data: bytes, where: str) -> Image:
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # numpy's header parser raises anything on damaged text
        raise RunnerError(f"the NPY file is damaged: {error}", where) from error
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise RunnerError(f"the array is {array.dtype} {list(array.shape)}", where, "save uint8 [H,W,3] in BGR")
    return np.ascontiguousarray(array)


def _decode_by_library(data: bytes, where: str) -> Image:
    try:
        import cv2
    except ImportError:
        return _decode_by_pillow(data, where)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
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
    except (OSError, ValueError, Pil.DecompressionBombError) as error:
        raise RunnerError(f"not an image that Pillow can decode: {error}", where) from error
    return np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
