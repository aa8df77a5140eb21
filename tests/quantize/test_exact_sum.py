from __future__ import annotations

from math import fsum

import numpy as np
import pytest

from edgeface.quantize.exact_sum import ExactSum, mean_moments


def moments(count, shape=(7, 7), seed=0):
    """Symmetric matrices of float32 whose magnitudes differ widely."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        half = draw.normal(size=shape) * np.exp2(draw.integers(-20, 25))
        found.append((half + half.swapaxes(-1, -2)).astype(np.float32))
    return found


def summed(parts, factor=1.0):
    total = ExactSum.zeros(parts[0].shape)
    for part in parts:
        total.add(part, factor)
    return total


@pytest.mark.parametrize("shape", [(7, 7), (300, 300), (5, 4, 4)], ids=str)
@pytest.mark.parametrize("factor", [1.0, 1 / 128, 1 / 42])
def test_any_order_and_division_gives_the_same_bits(shape, factor):
    addends = moments(30, shape)
    whole = summed(addends, factor)
    order = np.random.default_rng(1).permutation(30)
    parts = [summed([addends[i] for i in some], factor) for some in np.split(order, [3, 11, 12])]
    merged = parts[2] + parts[0] + parts[3] + parts[1]
    assert merged.total().tobytes() == whole.total().tobytes()


def test_sums_of_floats_alone_would_depend_on_the_order():
    addends = [part.astype(np.float64) * 0.1 for part in moments(30)]
    assert sum(addends).tobytes() != sum(addends[::-1]).tobytes()


def test_the_sum_is_right_to_a_unit_for_each_addend():
    addends = moments(30)
    total = summed(addends).total()
    for at in np.ndindex(*total.shape):
        wanted = fsum(float(part[at]) for part in addends)
        assert abs(total[at] - wanted) <= 30 * 2.0**-51 + abs(wanted) * 2.0**-52


@pytest.mark.parametrize("shape", [(7, 7), (1, 1), (5, 4, 4)], ids=str)
def test_what_is_packed_is_unpacked(shape):
    total = summed(moments(3, shape))
    found = ExactSum.unpacked(*total.packed())
    assert found.total().tobytes() == total.total().tobytes()
    assert (found + total).total().shape == shape


@pytest.mark.parametrize("shapes", [((4,), (4,)), ((6,), (3,)), ((3, 3), (3, 3)), ((2, 3, 4), (2, 3, 4))])
def test_other_arrays_are_not_unpacked(shapes):
    with pytest.raises(ValueError, match="moment"):
        ExactSum.unpacked(*map(np.zeros, shapes))


def test_means_are_by_the_number_of_images_in_the_last_entry():
    rows = np.random.default_rng(0).normal(size=(4, 42)).astype(np.float32)
    rows[-1] = 1
    sums = summed([rows @ rows.T] * 3, 1 / 42)
    np.testing.assert_allclose(mean_moments({"c": sums})["c"], rows @ rows.T / 42, rtol=1e-6)
