from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.binning import bin_index, binning, histograms
from edgeface.quantize.histogram import BINS, BINS_PER_OCTAVE, ZERO_BIN, bin_by_logarithm

STARTS = np.exp2(np.arange(-14 * BINS_PER_OCTAVE, 14 * BINS_PER_OCTAVE + 1) / BINS_PER_OCTAVE).astype(np.float32)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_table_gives_what_the_logarithm_gives_also_where_bins_end(sign):
    bits = STARTS.view(np.uint32).astype(np.int64)
    near = np.concatenate([bits + step for step in range(-40, 41)]).astype(np.uint32).view(np.float32)
    every = np.random.default_rng(0).integers(0, 0x7F800000, 200_000, dtype=np.uint32).view(np.float32)
    numbers = sign * np.concatenate([near, every, [np.float32(0), np.float32(np.inf)]])
    np.testing.assert_array_equal(bin_index(numbers), bin_by_logarithm(numbers))


@pytest.mark.parametrize("slope", [1.0, 0.0, 0.1, 0.01, 0.25, 1.5, -1.0])
def test_codes_tell_the_bins_of_numbers_and_of_activated_numbers(slope):
    found, bits = binning(slope), STARTS.view(np.uint32).astype(np.int64)
    near = np.concatenate([bits + step for step in range(-20, 21)]).astype(np.uint32).view(np.float32)
    every = np.random.default_rng(0).integers(0, 0x7F800000, 100_000, dtype=np.uint32).view(np.float32)
    tenth = (STARTS / np.float32(0.1)).astype(np.float32)
    numbers = np.concatenate([sign * part for sign in (1, -1) for part in (near, every, tenth)]).astype(np.float32)
    with np.errstate(over="ignore"):
        activated = np.where(numbers >= 0, numbers, np.float32(slope) * numbers)
    codes = found.codes(numbers)
    np.testing.assert_array_equal(found.first[codes], bin_by_logarithm(numbers))
    np.testing.assert_array_equal(found.second[codes], bin_by_logarithm(activated))


def test_zero_and_what_is_near_it_share_the_middle_bin_and_large_numbers_the_last():
    found = bin_index(np.array([0.0, -0.0, 1e-9, -1e-9, 1e9, -1e9], np.float32))
    assert found.tolist() == [ZERO_BIN] * 4 + [BINS - 1, 0]


def test_each_row_is_counted_for_itself():
    counts = histograms(np.array([[1.0, 1.0, 2.0], [0.0, -1.0, 0.0]], np.float32))
    assert counts.shape == (2, BINS)
    assert counts.sum(axis=1).tolist() == [3, 3]
    assert counts[0].max() == 2
    assert counts[1, ZERO_BIN] == 2
