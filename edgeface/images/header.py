"""Pixel size of an image from its file header, before anything is decoded.

A few hundred bytes can declare an image of many gigabytes; this lets `edgeface.images.files` reject it first. Sources:
PNG (ISO/IEC 15948, IHDR), JPEG (ITU-T T.81 annex B, SOFn), BMP (BITMAPCOREHEADER and BITMAPINFOHEADER), WebP (RFC 9649,
VP8, VP8L and VP8X chunks), PPM and PGM (netpbm, P6 and P5).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

LARGE_PIXELS = 16_000_000
MAX_PIXELS_PER_BYTE = 1000
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD9)))
_SPACE = rb"(?:\s|#[^\n]*\n)+"  # one way to read each byte: nested repetitions would try exponentially many
_NETPBM = re.compile(rb"P([56])" + _SPACE + rb"(\d{1,6})" + _SPACE + rb"(\d{1,6})" + _SPACE + rb"255\s")

_NETPBM_BYTES = 4096


@dataclass(frozen=True)
class Netpbm:
    """The header of a binary PPM or PGM of 8 bits: height and width, channels (3 or 1), and where its pixels begin."""

    size: tuple[int, int]
    channels: int
    offset: int

    def is_whole(self, data: bytes) -> bool:
        """Whether the file's data has its pixels, and nothing else."""
        return len(data) - self.offset == self.size[0] * self.size[1] * self.channels


def declared_size(data: bytes) -> tuple[int, int] | None:
    """Height and width in pixels that an image file declares.

    Args:
        data: the whole file.

    Returns:
        (height, width), or None when the bytes are not a PNG, JPEG, BMP, WebP, PPM or PGM header.
    """
    if is_netpbm(data):
        header = netpbm_header(data)
        return None if header is None else header.size
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            width, height = struct.unpack_from(">II", data, 16)
        elif data[:2] == b"\xff\xd8":
            height, width = struct.unpack_from(">HH", data, _jpeg_frame(data) + 5)
        elif data[:2] == b"BM":
            width, height = _bmp_width_height(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            width, height = _webp_width_height(data)
        else:
            return None
    except (struct.error, IndexError):
        return None
    return height, width


def is_netpbm(data: bytes) -> bool:
    """Whether the data begins as a binary PPM or PGM file."""
    return data[:2] in (b"P5", b"P6")


def netpbm_header(data: bytes) -> Netpbm | None:
    """The header of a binary PPM or PGM file; None if it is not one of 8 bits, with 255 levels."""
    found = _NETPBM.match(data[:_NETPBM_BYTES])
    if found is None:
        return None
    return Netpbm((int(found[3]), int(found[2])), 3 if found[1] == b"6" else 1, found.end())


def claims_too_much(size: tuple[int, int], file_bytes: int) -> bool:
    """Whether a large image has fewer bytes than any photograph of its size.

    The best compression of a photograph leaves a byte for some 100 pixels; a few hundred bytes can also declare 100
    megapixels of one color, which take a gigabyte to decode.

    Args:
        size: (height, width) in pixels.
        file_bytes: the file's size.
    """
    pixels = size[0] * size[1]
    return pixels > LARGE_PIXELS and pixels > file_bytes * MAX_PIXELS_PER_BYTE


def lacks_jpeg_end(data: bytes) -> bool:
    """Whether the data is a JPEG that ends before its end marker.

    Decoders silently fill the missing part of such a file with gray. The search starts at the frame header, because an
    embedded thumbnail before it has an end marker of its own.
    """
    try:
        return data[:2] == b"\xff\xd8" and data.find(b"\xff\xd9", _jpeg_frame(data)) < 0
    except (struct.error, IndexError):
        return True


def lacks_png_end(data: bytes) -> bool:
    """Whether the data is a PNG whose chunks do not lead to its end: decoders make room for what a chunk claims."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return False
    position = 8
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        if data[position + 4 : position + 8] == b"IEND":
            return False
        position += 12 + length
    return True


def _jpeg_frame(data: bytes) -> int:
    """Offset of the frame header's marker; IndexError if the segments do not lead to one."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _BARE_MARKERS:
            position += 2
        elif marker in _FRAME_MARKERS:
            return position
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    raise IndexError(position)


def _bmp_width_height(data: bytes) -> tuple[int, int]:
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header_bytes == 12 else "<ii", data, 18)
    return abs(width), abs(height)


def _webp_width_height(data: bytes) -> tuple[int, int]:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
