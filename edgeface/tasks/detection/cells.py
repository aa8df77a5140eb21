"""Maps of cells that detectors' outputs lie over, and the few functions that all decoders apply to them.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MAX_STRIDE_PX = 1 << 16
MAX_STRIDES = 16
MAX_PER_CELL = 64
MAX_LANDMARKS = 1 << 10
FAR = 1e9
"""Larger numbers are those of damaged weights; up to here, float32 products of a decoder stay finite."""

_MAX_LOG = 20.0  # e^20 pixels, far beyond what trained weights give


def map_size(height: int, width: int, stride: int, maps: str = "ceil") -> tuple[int, int]:
    """Rows and columns of a stride's map: sides divided by it, rounded up ("ceil") or down ("floor")."""
    if maps == "floor":
        return height // stride, width // stride
    return -(-height // stride), -(-width // stride)


@lru_cache(maxsize=64)
def cell_places(rows: int, columns: int, per_cell: int = 1) -> NDArray[np.float32]:
    """Column and row of each cell, `per_cell` times in succession: read-only float32 [rows·columns·per_cell,2]."""
    y, x = np.divmod(np.arange(rows * columns), max(columns, 1))
    places = np.repeat(np.stack([x, y], axis=1), per_cell, axis=0).astype(np.float32)
    places.setflags(write=False)
    return places


def sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + e^−x), without overflow for any number."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -80, 80))), np.float32)


def softmax(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the last axis, without overflow for any number."""
    bounded = np.clip(values, -FAR, FAR)
    powers = np.exp(bounded - bounded.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def within_reach(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Offsets with those of damaged weights bounded, so that products with them do not overflow."""
    return np.clip(values, -FAR, FAR)


def bounded_exp(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """e^x, bounded: a factor of sizes."""
    return np.exp(np.minimum(values, np.float32(_MAX_LOG)))


def check_strides(strides: Sequence[int], per_cell: int = 1, landmarks: int = 0) -> None:
    """Check a decoder's parameters, which a contract's file gives: a board has no other check of them.

    Raises:
        ValueError: they are not of these types, or out of range.
    """
    if not 0 < len(strides) <= MAX_STRIDES or not all(_counts(stride, 1, MAX_STRIDE_PX) for stride in strides):
        raise ValueError(f"strides are 1 to {MAX_STRIDES} numbers of 1 to {MAX_STRIDE_PX} pixels")
    if not _counts(per_cell, 1, MAX_PER_CELL):
        raise ValueError(f"candidates per cell are 1 to {MAX_PER_CELL}")
    if not _counts(landmarks, 0, MAX_LANDMARKS):
        raise ValueError(f"landmarks are 0 to {MAX_LANDMARKS}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Check a parameter that is one of a few words.

    Raises:
        ValueError: it is none of them.
    """
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}")


def check_number(name: str, value: float, least: float, most: float) -> None:
    """Check a parameter that is a number.

    Raises:
        ValueError: it is none, or out of range.
    """
    if type(value) not in (int, float) or not least <= value <= most:
        raise ValueError(f"{name} is a number of {least:g} to {most:g}")


def _counts(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def tables(outputs: Mapping[str, tuple[int, ...]]) -> dict[int, list[tuple[int, str]]]:
    """Outputs that are tables, [N,C] or [1,N,C]: their N and names by C, the longest first, else in their order."""
    found: dict[int, list[tuple[int, str]]] = {}
    for name, shape in outputs.items():
        rows = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape
        if len(rows) == 2:
            found.setdefault(rows[1], []).append((rows[0], name))
    return {width: sorted(rows, key=lambda row: -row[0]) for width, rows in found.items()}


def strides_of(
    counts: Sequence[int], height: int, width: int, per_cell: int, maps: str = "ceil"
) -> tuple[int, ...] | None:
    """The strides, powers of two from 2 to 256, whose maps have these numbers of candidates; None without."""
    sizes = {}
    for stride in (256, 128, 64, 32, 16, 8, 4, 2):
        rows, columns = map_size(height, width, stride, maps)
        sizes[rows * columns * per_cell] = stride
    found = tuple(sizes.get(count, 0) for count in counts)
    return found if found and all(found) and len(set(found)) == len(found) else None
