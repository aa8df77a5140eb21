"""How values of a graph lie in ncnn's blobs: names without blanks, shapes of up to four axes without a batch."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence

MAX_AXES = 4
MAX_NAME = 200
"""ncnn reads 255 characters; copies and shapes of a value add to its name."""
_UNREADABLE = re.compile(r"[\s\x00-\x1f\x7f=,]")


def blob_name(value: str) -> str:
    """The blob of a value: its name, but for characters that a .param file cannot hold."""
    plain = _UNREADABLE.sub("_", value)
    if plain == value and 0 < len(value.encode()) <= MAX_NAME:
        return value
    return f"{plain.encode()[:100].decode(errors='ignore')}_{hashlib.sha256(value.encode()).hexdigest()[:12]}"


def blob_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """The axes of a blob: those of the value without a batch of one; all in one if there are more than ncnn has."""
    kept = tuple(shape[1:]) if has_batch(shape) else tuple(shape)
    return kept if 0 < len(kept) <= MAX_AXES else (math.prod(kept),)


def has_batch(shape: Sequence[int]) -> bool:
    """Whether the first axis is a batch of one, which blobs leave out."""
    return len(shape) > 1 and shape[0] == 1


def blob_axis(shape: Sequence[int], axis: int) -> int:
    """An axis of a value, counted from the front, as an axis of its blob."""
    return axis - has_batch(shape)


def shape_params(shape: Sequence[int]) -> dict[int, int]:
    """A blob's shape as ncnn's layers take it: width, height, channels, and depth between these two."""
    sizes = list(reversed(shape))
    keys = (0, 1, 2) if len(sizes) < MAX_AXES else (0, 1, 11, 2)
    return dict(zip(keys, sizes, strict=False))
