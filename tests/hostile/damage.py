"""Damage to bytes that knows nothing of their format."""

from __future__ import annotations

import struct

from tests.hostile.draw import NUMBERS, Draw


def damaged(draw: Draw, data: bytes, other: bytes = b"") -> tuple[bytes, str]:
    """Bytes with one to three damages, and what they are; never the same bytes.

    Args:
        draw: makes the choices.
        data: what is damaged.
        other: a file of the same format, pieces of which may be inserted.
    """
    said = []
    before = data
    for _ in range(1 + draw.below(3)):
        act = draw.one(_ACTS)
        data = _spliced(draw, data, other or before) if act is _spliced else act(draw, data)
        said.append(act.__name__.strip("_"))
    if data == before:
        data += b"\0"
    return data, ", ".join(said)


def _flipped(draw: Draw, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(1 + draw.below(8)):
        if changed:
            changed[draw.below(len(changed))] ^= 1 << draw.below(8)
    return bytes(changed)


def _number_replaced(draw: Draw, data: bytes) -> bytes:
    """A length, offset or size that lies, of 1 to 8 bytes in either order."""
    size = draw.one((1, 2, 4, 4, 4, 8))
    at = draw.below(len(data) - size)
    at -= at % size if draw.chance(0.7) else 0
    number = draw.one((*NUMBERS, len(data), len(data) - 1, len(data) - at)) % (1 << 8 * size)
    packed = number.to_bytes(size, draw.one(("little", "big")))
    return data[:at] + packed + data[at + size :]


def _nudged(draw: Draw, data: bytes) -> bytes:
    """A 32-bit number that is a little off."""
    if len(data) < 8:
        return data + b"\0"
    at = draw.below(len(data) - 4) & ~3
    (number,) = struct.unpack_from("<I", data, at)
    return data[:at] + struct.pack("<I", (number + draw.one((-4, -1, 1, 4))) % (1 << 32)) + data[at + 4 :]


def _truncated(draw: Draw, data: bytes) -> bytes:
    return data[: draw.below(len(data))]


def _extended(draw: Draw, data: bytes) -> bytes:
    return data + draw.one((b"\0", b"\0" * 4096, draw.bytes(64), data))


def _cut(draw: Draw, data: bytes) -> bytes:
    at = draw.below(len(data))
    return data[:at] + data[at + 1 + draw.below(64) :]


def _doubled(draw: Draw, data: bytes) -> bytes:
    at = draw.below(len(data))
    return data[: at + 1 + draw.below(64)] + data[at:]


def _zeroed(draw: Draw, data: bytes) -> bytes:
    at, count = draw.below(len(data)), 1 + draw.below(64)
    return data[:at] + bytes(min(count, len(data) - at)) + data[at + count :]


def _spliced(draw: Draw, data: bytes, other: bytes) -> bytes:
    at, begin = draw.below(len(data)), draw.below(len(other))
    return data[:at] + other[begin : begin + 1 + draw.below(256)] + data[at:]


_ACTS = (_flipped, _flipped, _number_replaced, _number_replaced, _nudged, _truncated, _extended, _cut, _doubled)
_ACTS = (*_ACTS, _zeroed, _spliced)
