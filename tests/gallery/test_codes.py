from __future__ import annotations

import numpy as np
import pytest

from edgeface.gallery.codes import decode, encode, finest_steps, lasting_steps


@pytest.mark.parametrize("width", [1, 16, 128])
@pytest.mark.parametrize("steps_of", [finest_steps, lasting_steps])
def test_no_row_is_further_from_its_bytes_than_the_residual(directions, width, steps_of):
    rows = directions(500, width)
    codes = encode(rows, steps_of(rows))
    away = np.linalg.norm(rows.astype(np.float64) - decode(codes.values, codes.steps), axis=1)
    assert 0 <= away.max() <= codes.residual
    assert codes.residual <= away.max() * 1.00001
    assert (codes.values.min(), codes.values.max()) >= (1, 1)


def test_steps_that_last_leave_room_for_rows_that_come_later(directions):
    steps = lasting_steps(directions(1, 64))
    later = directions(2000, 64, seed=1)
    assert encode(later, steps).residual < 0.02
    assert encode(later, finest_steps(directions(1, 64))).residual > 0.2


def test_a_value_beyond_the_steps_is_cut_and_counts_in_the_residual():
    codes = encode(np.array([[0.6, -0.8]], np.float32), np.array([0.001, 0.001], np.float32))
    assert codes.values.tolist() == [[255, 1]]
    assert codes.residual == pytest.approx(np.hypot(0.6 - 0.127, 0.8 - 0.127), rel=1e-5)


def test_columns_of_zeros_stay_zero():
    rows = np.array([[1, 0], [-1, 0]], np.float32)
    codes = encode(rows, finest_steps(rows))
    np.testing.assert_array_equal(decode(codes.values, codes.steps), rows)
