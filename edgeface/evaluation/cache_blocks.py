"""The blocks of a cache's file: rows of some images of one part each, with checksums of head and content.

A file is `MAGIC` and blocks, and grows at its end only. A block is a head (`_HEAD`: mark, images n, rows k, width d,
the part's key, CRC-32 of the content; then CRC-32 of that) and its content: n digests of 32 bytes, n counts uint32, k·d
numbers float32, all little-endian. What a killed process or a full disk leaves of a block at the end is no damage.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

MAGIC = b"edgeface evaluation cache 2\n".ljust(32, b"\0")
KEY_BYTES = 32
"""Of the key of a part, and of the digest of an image."""

_HEAD = struct.Struct("<4sIII32sI")
_CHECK = struct.Struct("<I")
HEAD_BYTES = _HEAD.size + _CHECK.size
_MARK = b"rows"
_MOST_BYTES = 1 << 28
_COUNT_BYTES = _NUMBER_BYTES = 4

Rows: TypeAlias = NDArray[np.float32]
"""Float32 [k,d]: k faces of an image, or one or no embedding."""


@dataclass(frozen=True)
class Head:
    """A block's head: the key of its part, how many images, rows and numbers in a row it has, and its checksum."""

    part: bytes
    images: int
    rows: int
    width: int
    checksum: int

    @property
    def content_bytes(self) -> int:
        """The length of the block's content."""
        return self.images * (KEY_BYTES + _COUNT_BYTES) + self.rows * self.width * _NUMBER_BYTES

    def fits(self, content: bytes) -> bool:
        """Whether this is the content that was written."""
        return len(content) == self.content_bytes and zlib.crc32(content) == self.checksum

    @property
    def rows_at(self) -> int:
        """Where the rows begin in the content."""
        return self.images * (KEY_BYTES + _COUNT_BYTES)


def block_of(part: bytes, rows: Mapping[bytes, Rows]) -> bytes:
    """A block.

    Args:
        part: key of the part.
        rows: float32 [k,d] of one d, by the images' digests; at least one.
    """
    arrays = [np.ascontiguousarray(item, "<f4") for item in rows.values()]
    counts = np.array([len(item) for item in arrays], "<u4")
    content = b"".join([*rows, counts.tobytes(), *(item.tobytes() for item in arrays)])
    width = arrays[0].shape[1]
    head = _HEAD.pack(_MARK, len(arrays), int(counts.sum()), width, part, zlib.crc32(content))
    return head + _CHECK.pack(zlib.crc32(head)) + content


def head_of(data: bytes) -> Head | None:
    """The head that `HEAD_BYTES` bytes are; None if they are not what was written.

    Raises:
        ValueError: it claims what no run writes.
    """
    head, check = data[: _HEAD.size], data[_HEAD.size :]
    mark, images, rows, width, part, checksum = _HEAD.unpack(head)
    found = Head(part, images, rows, width, checksum)
    if mark != _MARK or zlib.crc32(head) != _CHECK.unpack(check)[0]:
        return None
    if not images or found.content_bytes > _MOST_BYTES:
        raise ValueError(f"a block claims {images:,} images and {found.content_bytes:,} bytes")
    return found


def places_of(head: Head, content: bytes) -> list[tuple[bytes, int, int]]:
    """The digest of each image of a block, where its rows begin in the content, and their number.

    Raises:
        ValueError: the content is not what any run gives.
    """
    counts = np.frombuffer(content, "<u4", head.images, head.images * KEY_BYTES).astype(np.int64)
    if counts.sum() != head.rows:
        raise ValueError("its arrays have inconsistent lengths")
    if not np.isfinite(np.frombuffer(content, "<f4", offset=head.rows_at)).all():
        raise ValueError("its results are not finite")
    starts = head.rows_at + (np.cumsum(counts) - counts) * head.width * _NUMBER_BYTES
    return [
        (content[place * KEY_BYTES : (place + 1) * KEY_BYTES], start, count)
        for place, (start, count) in enumerate(zip(starts.tolist(), counts.tolist(), strict=True))
    ]


def rows_in(data: bytes, count: int, width: int) -> Rows:
    """Rows float32 [count,width] from their bytes.

    Raises:
        ValueError: there are more or fewer.
    """
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False).reshape(count, width)
