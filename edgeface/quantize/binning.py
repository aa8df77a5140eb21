"""Bins of numbers, and of what an activation makes of the same numbers, by one table.

A LeakyReLU's values follow from those before it. Both histograms come from one count of pairs of bins, which takes half
the time of two. A table by a number's leading bits gives the code of 99 in 100 numbers at once, four times as fast as
a logarithm; those in whose cell a bin ends take the logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from edgeface.graph.types import Array
from edgeface.quantize.histogram import BINS, ZERO_BIN, add_counts, bin_by_logarithm

_CELL_BITS = np.uint32(12)
"""2^11 cells an octave, of which 16 hold the end of a bin."""

_EDGE = np.uint32(16)
"""Numbers next to a cell that must lie in its bin too: logarithms are exact to a few of these."""

_BLOCK = 1 << 16
"""Numbers whose codes are found at a time."""


@dataclass(frozen=True, eq=False)
class Binning:
    """Codes of numbers, each for one bin, or for a pair of bins: of the number, and of the activated number.

    Attributes:
        slope: what negative numbers are multiplied with; 1 where there is no activation.
        cells: the code of each cell, int16 [2^20] by sign, exponent and leading bits of the mantissa; −1 where one
            ends.
        first: the bin of a code's numbers, intp [codes], ascending.
        second: the bin of its activated numbers, intp [codes].
    """

    slope: float
    cells: Array
    first: Array
    second: Array

    def codes(self, flat: Array) -> Array:
        """The code of each number, int16 of the same shape as the float32 numbers."""
        numbers = np.ascontiguousarray(flat, np.float32).reshape(-1)
        found, index = np.empty(numbers.size, np.int16), np.empty(min(_BLOCK, numbers.size), np.intp)
        bits = numbers.view(np.uint32)
        for start in range(0, numbers.size, _BLOCK):
            part = slice(start, start + _BLOCK)
            cells = index[: bits[part].size]
            np.right_shift(bits[part], _CELL_BITS, out=cells, dtype=np.uint32, casting="unsafe")
            self.cells.take(cells, mode="clip", out=found[part])
        unsure = np.flatnonzero(found < 0)
        found[unsure] = self._by_logarithm(numbers[unsure])
        return found.reshape(np.shape(flat))

    def histograms(self, counts: Array) -> tuple[Array, Array]:
        """Counts by bin, int64 [rows, BINS], of numbers and of activated numbers, from counts by code."""
        return _gathered(counts, self.first), _gathered(counts, self.second)

    def _by_logarithm(self, numbers: Array) -> Array:
        first, second = (bin_by_logarithm(each).astype(np.int16) for each in (numbers, _activated(numbers, self.slope)))
        found: Array = _keys(self.first, self.second).searchsorted(_keys(first, second)).astype(np.int16)
        return found


@cache
def binning(slope: float = 1.0) -> Binning:
    """The codes for pairs of bins of numbers x and of x where x ≥ 0, else slope·x.

    Args:
        slope: 1 for single bins, 0 for a ReLU.
    """
    first = np.arange(1 << 19, dtype=np.uint32) << _CELL_BITS
    last = first + np.uint32((1 << 12) - 1)
    edges = np.where(first >= _EDGE, first - _EDGE, first), last + _EDGE
    signs = np.uint32(0), np.uint32(1 << 31)
    below, above = ([_bins((edge | sign).view(np.float32), slope) for sign in signs] for edge in edges)
    whole = [np.concatenate([side[number] for side in below]) for number in (0, 1)]
    same = np.concatenate([np.logical_and(*np.equal(one, other)) for one, other in zip(below, above, strict=True)])
    ends_of_bins = [(one, other) for one in (below, above) for other in (below, above)]  # either may end first
    either = [_keys(one[1][0], other[1][1]) for one, other in ends_of_bins if slope != 1 or one is other]
    positive = np.arange(ZERO_BIN, BINS)
    every = np.unique(np.concatenate([_keys(positive, positive), *either]))
    cells = np.where(same, every.searchsorted(_keys(*whole)), -1).astype(np.int16)
    return Binning(slope, cells, every // BINS, every % BINS)


def bin_index(flat: Array) -> Array:
    """The bin of each number, intp of the same shape as the float32 numbers."""
    single = binning()
    found: Array = single.first[single.codes(flat)]
    return found


def histograms(flat: Array) -> Array:
    """Counts per row and bin: int64 [rows, BINS] for float32 [rows, N]."""
    single = binning()
    counts = np.zeros((len(flat), len(single.first)), np.int64)
    add_counts(counts, single.codes(flat))
    return single.histograms(counts)[0]


def _bins(numbers: Array, slope: float) -> Array:
    """Bins of numbers and of activated numbers, intp [2, numbers]; those that are not numbers count as 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        found = np.stack([bin_by_logarithm(each) for each in (numbers, _activated(numbers, slope))])
    return np.where((found < 0) | (found >= BINS), ZERO_BIN, found).astype(np.intp)


def _activated(numbers: Array, slope: float) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):  # infinity times 0
        return numbers if slope == 1 else np.where(numbers >= 0, numbers, numbers * np.float32(slope))


def _keys(first: Array, second: Array) -> Array:
    return first.astype(np.intp) * BINS + second


def _gathered(counts: Array, bins: Array) -> Array:
    if np.array_equal(bins, np.arange(BINS)):  # each code is one bin
        return counts
    found = np.zeros((BINS, len(counts)), np.int64)
    np.add.at(found, bins, counts.T)
    return np.ascontiguousarray(found.T)
