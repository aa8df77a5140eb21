"""Histograms over fixed, signed, logarithmic bins, with one bin around zero.

Histograms take the same memory for any number of images, merge by addition, and rescale exactly by powers of 2^(1/16).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from edgeface.graph.types import Array

BINS_PER_OCTAVE = 16
LOW_EXPONENT, HIGH_EXPONENT = -14, 14
MAGNITUDES = (HIGH_EXPONENT - LOW_EXPONENT) * BINS_PER_OCTAVE
ZERO_BIN = MAGNITUDES
BINS = 2 * MAGNITUDES + 1


def bin_centers() -> Array:
    """The number that represents each bin, ascending: float64 [BINS]."""
    steps = (np.arange(MAGNITUDES) + 0.5) / BINS_PER_OCTAVE + LOW_EXPONENT
    positive = np.exp2(steps)
    return np.concatenate([-positive[::-1], [0.0], positive])


def bin_index(flat: Array) -> Array:
    """The bin of each number, int64 of the same shape as the float32 numbers.

    A table by a number's leading bits gives the bin of 99 in 100 numbers at once, four times as fast as a logarithm;
    those in whose cell a bin ends take the logarithm.
    """
    single = np.ascontiguousarray(flat, np.float32)
    cells = np.right_shift(single.view(np.uint32), _CELL_BITS, dtype=np.uint32).astype(np.intp)
    found: Array = _bins_of_cells().take(cells, mode="clip")
    unsure = np.flatnonzero(found < 0)
    found.reshape(-1)[unsure] = _bin_by_logarithm(single.reshape(-1)[unsure])
    return found


_CELL_BITS = np.uint32(12)
"""2^11 cells an octave, of which 16 hold the end of a bin."""

_BLOCK = 1 << 16
"""Numbers that are counted at a time, about."""

_EDGE = np.uint32(16)
"""Numbers next to a cell that must lie in its bin too: logarithms are exact to a few of these."""


@cache
def _bins_of_cells() -> Array:
    """The bin of each cell, int64 [2^20] by sign, exponent and leading bits of the mantissa; −1 where a bin ends."""
    first = np.arange(1 << 19, dtype=np.uint32) << _CELL_BITS
    last = first + np.uint32((1 << 12) - 1)
    below, above = np.where(first >= _EDGE, first - _EDGE, first), last + _EDGE
    ends = [_bin_by_logarithm(edge.view(np.float32)) for edge in (below, above)]
    positive = np.where(ends[0] == ends[1], ends[0], -1).astype(np.int64)
    negative = np.where(positive < 0, -1, 2 * ZERO_BIN - positive).astype(np.int64)
    return np.concatenate([positive, negative])


def _bin_by_logarithm(numbers: Array) -> Array:
    """The bin of each number, int32 of float32."""
    with np.errstate(divide="ignore", invalid="ignore"):
        position = np.log2(np.abs(numbers)) * BINS_PER_OCTAVE - LOW_EXPONENT * BINS_PER_OCTAVE
        magnitude = np.minimum(position, MAGNITUDES - 1).astype(np.float32)
        signed = np.where(magnitude >= 0, np.floor(magnitude) + 1, 0) * np.sign(numbers)
        found: Array = signed.astype(np.int32) + ZERO_BIN
    return found


def histograms(flat: Array) -> Array:
    """Counts per row and bin: int64 [rows, BINS] for float32 [rows, N]."""
    counts = np.zeros((len(flat), BINS), np.int64)
    add_counts(counts, bins_of(flat))
    return counts


def bins_of(flat: Array) -> Array:
    """The bin of each number, int16 [rows, N] of float32; some rows at a time, which stay in the processor's cache."""
    found = np.empty(flat.shape, np.int16)
    for rows in _rows_at_a_time(flat):
        found[rows] = bin_index(flat[rows])
    return found


def add_counts(counts: Array, bins: Array) -> None:
    """Add how often each row has each bin to int64 [rows, BINS], in place; `bins` as of `bins_of`."""
    for rows in _rows_at_a_time(bins):
        index = bins[rows].astype(np.intp)
        first = int(index.min(initial=BINS))
        width = int(index.max(initial=0)) + 1 - first
        if width <= 0:
            continue
        index += (np.arange(len(index), dtype=index.dtype) * width - first)[:, None]
        found = np.bincount(index.reshape(-1), minlength=len(index) * width)
        counts[rows, first : first + width] += found.reshape(len(index), width)  # only the bins in use


def _rows_at_a_time(flat: Array) -> Iterator[slice]:
    step = max(1, _BLOCK // max(flat.shape[1], 1))
    return (slice(start, start + step) for start in range(0, len(flat), step))


def shifted(counts: Array, shift: int) -> Array:
    """Bins of one channel after scaling by 2^(shift/16); counts beyond the range go to the outermost bins."""
    out = np.zeros_like(counts)
    out[ZERO_BIN] = counts[ZERO_BIN]
    source = np.arange(MAGNITUDES)
    target = np.clip(source + shift, 0, MAGNITUDES - 1)
    np.add.at(out, ZERO_BIN + 1 + target, counts[ZERO_BIN + 1 + source])
    np.add.at(out, ZERO_BIN - 1 - target, counts[ZERO_BIN - 1 - source])
    return out
