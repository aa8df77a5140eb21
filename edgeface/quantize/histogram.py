"""Histograms over fixed, signed, logarithmic bins, with one bin around zero.

Histograms take the same memory for any number of images, merge by addition, and rescale exactly by powers of 2^(1/16).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeface.graph.types import Array

BINS_PER_OCTAVE = 16
LOW_EXPONENT, HIGH_EXPONENT = -14, 14
MAGNITUDES = (HIGH_EXPONENT - LOW_EXPONENT) * BINS_PER_OCTAVE
ZERO_BIN = MAGNITUDES
BINS = 2 * MAGNITUDES + 1

_BLOCK = 1 << 16
"""Numbers that are counted at a time, about."""


def bin_centers() -> Array:
    """The number that represents each bin, ascending: float64 [BINS]."""
    steps = (np.arange(MAGNITUDES) + 0.5) / BINS_PER_OCTAVE + LOW_EXPONENT
    positive = np.exp2(steps)
    return np.concatenate([-positive[::-1], [0.0], positive])


def bin_by_logarithm(numbers: Array) -> Array:
    """The bin of each number, int32 of float32."""
    with np.errstate(divide="ignore", invalid="ignore"):
        position = np.log2(np.abs(numbers)) * BINS_PER_OCTAVE - LOW_EXPONENT * BINS_PER_OCTAVE
        magnitude = np.minimum(position, MAGNITUDES - 1).astype(np.float32)
        signed = np.where(magnitude >= 0, np.floor(magnitude) + 1, 0) * np.sign(numbers)
        found: Array = signed.astype(np.int32) + ZERO_BIN
    return found


def add_counts(counts: Array, bins: Array) -> None:
    """Add how often each row has each bin, or code, to int64 [rows, bins], in place; `bins` is int16 [rows, N]."""
    for rows in _rows_at_a_time(bins):
        index = bins[rows].astype(np.intp)
        first = int(index.min(initial=counts.shape[1]))
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
