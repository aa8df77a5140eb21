from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.histogram import BINS, BINS_PER_OCTAVE, ZERO_BIN, _bin_by_logarithm, bin_index, histograms

STARTS = np.exp2(np.arange(-14 * BINS_PER_OCTAVE, 14 * BINS_PER_OCTAVE + 1) / BINS_PER_OCTAVE).astype(np.float32)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_table_gives_what_the_logarithm_gives_also_where_bins_end(sign):
    bits = STARTS.view(np.uint32).astype(np.int64)
    near = np.concatenate([bits + step for step in range(-40, 41)]).astype(np.uint32).view(np.float32)
    every = np.random.default_rng(0).integers(0, 0x7F800000, 200_000, dtype=np.uint32).view(np.float32)
    numbers = sign * np.concatenate([near, every, [np.float32(0), np.float32(np.inf)]])
    np.testing.assert_array_equal(bin_index(numbers), _bin_by_logarithm(numbers))


def test_zero_and_what_is_near_it_share_the_middle_bin_and_large_numbers_the_last():
    found = bin_index(np.array([0.0, -0.0, 1e-9, -1e-9, 1e9, -1e9], np.float32))
    assert found.tolist() == [ZERO_BIN] * 4 + [BINS - 1, 0]


def test_each_row_is_counted_for_itself():
    counts = histograms(np.array([[1.0, 1.0, 2.0], [0.0, -1.0, 0.0]], np.float32))
    assert counts.shape == (2, BINS)
    assert counts.sum(axis=1).tolist() == [3, 3]
    assert counts[0].max() == 2
    assert counts[1, ZERO_BIN] == 2
