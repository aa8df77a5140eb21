"""Images: JPEG, PNG, BMP, WebP, PPM, PGM and NPY, on the host and on the board."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgeface.bundle.face_runner.images import read_image as read_on_board
from edgeface.images.files import read_image
from edgeface.images.synthetic import synthetic_images
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

MAX_PIXELS = 100_000_000


@cache
def seeds() -> dict[str, bytes]:
    """Small photographs of no one, by the names of their files."""
    scene = np.ascontiguousarray(cv2.resize(synthetic_images(1)[0], (56, 40), interpolation=cv2.INTER_AREA))
    found = {f"scene{suffix}": bytes(cv2.imencode(suffix, scene)[1]) for suffix in (".jpg", ".png", ".bmp", ".webp")}
    found["gray.png"] = bytes(cv2.imencode(".png", scene[:, :, 0])[1])
    found["progressive.jpg"] = bytes(cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1])
    found["restarts.jpg"] = bytes(cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_RST_INTERVAL, 1])[1])
    height, width = scene.shape[:2]
    found["scene.ppm"] = f"P6\n{width} {height}\n255\n".encode() + scene[:, :, ::-1].tobytes()
    found["scene.pgm"] = f"P5\n# gray\n{width} {height}\n255\n".encode() + scene[:, :, 0].tobytes()
    stream = io.BytesIO()
    np.save(stream, scene)
    found["scene.npy"] = stream.getvalue()
    return found


def make(draw: Draw) -> Case:
    """A damaged image, or one whose header lies, at one of the two doors."""
    name = draw.one(sorted(seeds()))
    data, note = _changed(draw, name)
    read = read_on_board if draw.chance(0.4) else read_image
    return Case(f"{read.__module__}: {name}: {note}", {name: data}, lambda folder: _answer(read(folder / name)), _wrong)


def _changed(draw: Draw, name: str) -> tuple[bytes, str]:
    data = seeds()[name]
    lie = {".png": _png_lies, ".jpg": _jpeg_lies, ".ppm": _pnm_lies, ".pgm": _pnm_lies, ".npy": _npy_lies}
    suffix = Path(name).suffix
    if suffix in lie and draw.chance(0.4):
        return lie[suffix](draw, data)
    if draw.chance(0.3):  # the header alone
        head, note = damaged(draw, data[:48], data[48:96])
        return head + data[48:], f"header: {note}"
    return damaged(draw, data, seeds()[draw.one(sorted(seeds()))])


def _side(draw: Draw) -> int:
    return draw.one((0, 1, 7, 8, 40, 56, 57, 9000, 10_001, 65_535, 100_000, (1 << 31) - 1, (1 << 32) - 1))


def _png_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """Another size, depth or kind in a header whose checksum is right."""
    fields = list(struct.unpack(">IIBBBBB", data[16:29]))
    for place in draw.some(range(7), 1 + draw.below(2)):
        fields[place] = _side(draw) if place < 2 else draw.below(20)
    header = struct.pack(">IIBBBBB", *fields)
    return data[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + data[33:], f"IHDR {fields}"


def _jpeg_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """Another size or number of components in the frame header, or a segment's length that lies."""
    at = next((found for marker in (b"\xff\xc0", b"\xff\xc2") if (found := data.find(marker)) >= 0), 2)
    if draw.chance(0.6):
        size = struct.pack(">HH", _side(draw) % 65_536, _side(draw) % 65_536)
        return data[: at + 5] + size + data[at + 9 :], f"frame of {size.hex()}"
    place = at + 2 if draw.chance(0.5) else at + 9
    count = draw.below(256)
    return data[:place] + bytes([count]) + data[place + 1 :], f"byte {place - at} of the frame is {count}"


def _pnm_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    body = data[-40 * 56 * (3 if data[1:2] == b"6" else 1) :]
    header = draw.one(
        (
            b"P6\n%d %d\n255\n" % (_side(draw), _side(draw)),
            b"P6 %d %d 65535\n" % (56, 40),
            b"P5\n" + b"#" * 5000 + b"\n%d %d\n255\n" % (56, 40),
            b"P3\n56 40\n255\n",
            b"P6\n" + b"9" * 4000 + b" 40\n255\n",
            b"P6" + b" " * draw.below(3000) + b"#" * draw.below(3000),
            b"P6\n-56 40\n255\n",
        )
    )
    return header + body, f"header {header[:24]!r}"


def _npy_lies(draw: Draw, data: bytes) -> tuple[bytes, str]:
    shape = draw.one(
        ((40, 56, 3), (1 << 40, 1, 3), (0, 0, 3), (-1, 56, 3), (40, 56), (10**9, 10**9, 3), (100_000, 9_000, 3))
    )
    kind = draw.one(("|u1", "<f8", "|O", "<U9", "|V3", "'"))
    text = f"{{'descr': '{kind}', 'fortran_order': {draw.one(('True', 'False', '1'))}, 'shape': {shape}, }}"
    text = text * (200 if draw.chance(0.05) else 1)
    header = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) % 65_536) + header + data[128:], f"npy {kind} {shape}"


def _answer(image: Any) -> tuple[Any, ...]:
    return (image.shape, str(image.dtype), zlib.crc32(image.tobytes()))


def _wrong(answer: tuple[Any, ...]) -> str | None:
    shape, dtype, _ = answer
    if len(shape) != 3 or shape[2] != 3 or dtype != "uint8" or min(shape[:2]) < 8 or shape[0] * shape[1] > MAX_PIXELS:
        return f"an image of {shape}, {dtype}"
    return None


KIND = Kind(make, share=110, prepare=seeds)
