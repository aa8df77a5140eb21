"""Histograms over fixed, signed, logarithmic bins, with one bin around zero.

Histograms take the same memory for any number of images, merge by addition, and rescale exactly by powers of 2^(1/16).
"""

from __future__ import annotations

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
    """The bin of each number, int32 of the same shape as the float32 numbers."""
    with np.errstate(divide="ignore"):
        position = np.log2(np.abs(flat)) * BINS_PER_OCTAVE - LOW_EXPONENT * BINS_PER_OCTAVE
    magnitude = np.minimum(position, MAGNITUDES - 1).astype(np.float32)
    signed = np.where(magnitude >= 0, np.floor(magnitude) + 1, 0) * np.sign(flat)
    found: Array = signed.astype(np.int32) + ZERO_BIN
    return found


def histograms(flat: Array) -> Array:
    """Counts per row and bin: int64 [rows, BINS] for float32 [rows, N]."""
    rows = len(flat)
    index = bin_index(flat) + (np.arange(rows, dtype=np.int32) * BINS)[:, None]
    counts: Array = np.bincount(index.reshape(-1), minlength=rows * BINS).reshape(rows, BINS)
    return counts


def shifted(counts: Array, shift: int) -> Array:
    """Bins of one channel after scaling by 2^(shift/16); counts beyond the range go to the outermost bins."""
    out = np.zeros_like(counts)
    out[ZERO_BIN] = counts[ZERO_BIN]
    source = np.arange(MAGNITUDES)
    target = np.clip(source + shift, 0, MAGNITUDES - 1)
    np.add.at(out, ZERO_BIN + 1 + target, counts[ZERO_BIN + 1 + source])
    np.add.at(out, ZERO_BIN - 1 - target, counts[ZERO_BIN - 1 - source])
    return out
