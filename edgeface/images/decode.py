"""Decode image files; what decodes only in part is refused.

Decoders fill what is missing or damaged with gray and return the image as if it were whole; they say so only on stderr.
A calibration or a comparison on such an image is one on gray. Damage that leaves a decodable stream, as one changed
coefficient does, cannot be seen by any decoder.
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeface.core.native_log import native_lines_taken
from edgeface.errors import InputError
from edgeface.images.header import is_netpbm, lacks_jpeg_end, netpbm_header

FIX_DAMAGED = "copy or download the file again, or leave it out"
_FIX_FORMAT = "replace the file, or convert it to JPEG or PNG"
_DECODERS = ("Corrupt JPEG data", "Premature end of", "Invalid SOS", "Inconsistent", "Warning: unknown JFIF")
_SPEAK = (*_DECODERS, "Unknown Adobe", "libpng ", "[ WARN:", "[ERROR:")
"""Beginnings of what libjpeg, libpng and OpenCV write."""

# libjpeg's warnings (jerror.h) after which pixels are missing: JWRN_HIT_MARKER, HUFF_BAD_CODE, ARITH_BAD_CODE,
# MUST_RESYNC, JPEG_EOF. Of the others, extraneous bytes are judged by what they are.
_PARTIAL = re.compile(
    r"Corrupt JPEG data: (premature end|bad Huffman|bad arithmetic|found marker)|Premature end of (JPEG|input) file"
)
_EXTRANEOUS = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0x(\w+)")
_END = b"\xff\xd9"
_RESTARTS = range(0xD0, 0xDA)
_STRAY_BYTES, _PADDING_BYTES = 2, 16
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"


def decode_image(data: bytes, path: Path) -> NDArray[np.uint8]:
    """The whole image as uint8 [H,W,3] in BGR, turned upright by its EXIF orientation.

    Args:
        data: the file's bytes, whose declared size was checked.
        path: the file, for errors.

    Raises:
        InputError: it cannot be decoded, or only in part.
    """
    if is_netpbm(data):
        return _decode_netpbm(data, path)
    if lacks_jpeg_end(data):
        raise InputError("the image is truncated", where=str(path), fix=FIX_DAMAGED)
    if data.startswith(_PNG) and not _is_whole_png(data):
        raise _damaged(path)
    try:
        with native_lines_taken(_SPEAK) as said:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"the image cannot be decoded: {error.err}", where=str(path), fix=_FIX_FORMAT) from error
    if image is None:
        raise InputError("the image is damaged and cannot be decoded", where=str(path), fix=_FIX_FORMAT)
    if any(_is_partial(line, data) for line in said):
        raise _damaged(path)
    return np.asarray(image, np.uint8)


def _decode_netpbm(data: bytes, path: Path) -> NDArray[np.uint8]:
    """As the board's runner decodes it."""
    header = netpbm_header(data)
    if header is None or not header.is_whole(data):
        raise InputError("the PPM file is truncated or has trailing bytes", where=str(path), fix=FIX_DAMAGED)
    pixels = np.frombuffer(data, np.uint8, offset=header.offset).reshape(*header.size, header.channels)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*header.size, 3))[:, :, ::-1])


def _damaged(path: Path) -> InputError:
    return InputError(
        "the image is damaged: only a part of it can be decoded, and gray stands for the rest",
        where=str(path),
        fix=FIX_DAMAGED,
    )


def _is_partial(line: str, data: bytes) -> bool:
    """Whether a decoder's line says that pixels are missing."""
    if _PARTIAL.match(line):
        return True
    found = _EXTRANEOUS.match(line)
    if found is None:
        return False
    count, marker = int(found[1]), int(found[2], 16)
    if count <= _STRAY_BYTES or marker not in _RESTARTS:
        return False
    if bytes([0xFF, marker]) != _END:
        return True  # a restart marker where the decoder still had data: it lost its place
    left = data[: data.rfind(_END)][-count:]
    return count > _PADDING_BYTES or len(set(left)) > 1  # cameras pad to some multiple; else pixels are left over


def _is_whole_png(data: bytes) -> bool:
    """Whether every chunk that pixels depend on is there, with its checksum."""
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            return False
        critical = not kind[0] & 0x20
        if critical and zlib.crc32(memoryview(data)[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            return False
        if kind == _PNG_END:
            return True
        at = end
    return False
