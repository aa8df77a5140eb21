"""Cells, their numbers and the functions that decoders share."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection import cells
from edgeface.tasks.detection.decoding import same_but_batch


def test_places_go_along_rows_each_once_per_candidate():
    assert cells.cell_places(2, 3, 2).tolist()[:6] == [[0, 0], [0, 0], [1, 0], [1, 0], [2, 0], [2, 0]]
    assert cells.cell_places(2, 3)[3].tolist() == [0, 1]


@pytest.mark.parametrize(("maps", "size"), [("ceil", (4, 3)), ("floor", (3, 2))])
def test_a_map_has_partial_cells_or_none(maps, size):
    assert cells.map_size(25, 17, 8, maps) == size


def test_strides_are_told_by_numbers_of_candidates():
    assert cells.strides_of((12800, 3200, 800), 640, 640, 2) == (8, 16, 32)
    assert cells.strides_of((12800, 3200, 800), 640, 640, 1) is None
    assert cells.strides_of((800, 12800), 640, 640, 2) == (32, 8)
    assert cells.strides_of((800, 800), 640, 640, 2) is None


def test_tables_have_two_axes_and_maybe_a_batch():
    shapes = {"a": (5, 4), "b": (1, 7, 4), "c": (1, 7), "d": (1, 2, 3, 4), "e": (2, 7, 4)}
    assert cells.tables(shapes) == {4: [(7, "b"), (5, "a")], 7: [(1, "c")]}


def test_damaged_numbers_neither_overflow_nor_warn():
    damaged = np.array([-np.inf, -3e38, -1, 0, 1, 3e38, np.inf], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function in (cells.sigmoid, cells.softmax):
            found = function(damaged)
            assert ((found >= 0) & (found <= 1)).all()
        assert np.isfinite(cells.bounded_exp(damaged) * cells.within_reach(damaged)).all()
    assert cells.sigmoid(damaged)[3] == 0.5


def test_a_batch_axis_of_one_may_be_missing():
    assert same_but_batch((5, 4), (1, 5, 4))
    assert same_but_batch((1, 5, 4), (5, 4))
    assert same_but_batch((5, 4), (5, 4))
    assert not same_but_batch((5, 4), (4, 5))
    assert not same_but_batch((2, 5, 4), (5, 4))


@pytest.mark.parametrize("given", [{"strides": ()}, {"strides": (0,)}, {"strides": (8, True)}, {"per_cell": 0}])
def test_impossible_parameters_are_refused(given):
    with pytest.raises(ValueError, match="1 to"):
        cells.check_strides(**{"strides": (8,), **given})
