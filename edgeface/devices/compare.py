"""Bit-by-bit distance of a tensor on a device from the same tensor on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.graph.types import Array


@dataclass(frozen=True)
class Distance:
    """Number of compared values, how many of them differ in any bit, and the largest absolute difference.

    `max_abs` is in the tensor's own stored units: steps of an integer, or the float itself; infinite for NaN.
    """

    values: int = 0
    differing: int = 0
    max_abs: float = 0.0

    @property
    def identical(self) -> bool:
        """Whether no bit differs."""
        return self.differing == 0

    def __add__(self, other: Distance) -> Distance:
        """The distance over both sets of values."""
        largest = max(self.max_abs, other.max_abs)
        return Distance(self.values + other.values, self.differing + other.differing, largest)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which has no infinity: null then."""
        finite = self.max_abs if np.isfinite(self.max_abs) else None
        return {"values": self.values, "differing": self.differing, "max_abs": finite}


def distance(here: Array, there: Array) -> Distance:
    """The distance of two arrays of the same shape and dtype; equal bits are equal, NaN included."""
    ours, theirs = np.ascontiguousarray(here), np.ascontiguousarray(there)
    width = ours.dtype.itemsize
    unequal = (ours.view(np.uint8).reshape(-1, width) != theirs.view(np.uint8).reshape(-1, width)).any(axis=1)
    differing = int(unequal.sum())
    if not differing:
        return Distance(ours.size)
    with np.errstate(invalid="ignore"):
        gaps = np.abs(ours.reshape(-1)[unequal].astype(np.float64) - theirs.reshape(-1)[unequal].astype(np.float64))
    largest = float(gaps.max()) if np.isfinite(gaps).all() else float("inf")
    return Distance(ours.size, differing, largest)
