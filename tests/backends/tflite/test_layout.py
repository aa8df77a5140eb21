from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.layout import CHANNELS_LAST, reshaped_order

IMAGE = (1, 6, 4, 5)


@pytest.mark.parametrize(
    ("before", "after", "order"),
    [
        (IMAGE, (1, 6, 20), CHANNELS_LAST),
        (IMAGE, (6, 20), CHANNELS_LAST),
        (IMAGE, (1, 2, 3, 4, 5), CHANNELS_LAST),
        (IMAGE, (1, 2, 3, 20), CHANNELS_LAST),
        ((1, 6, 20), IMAGE, (0, 2, 1)),
        ((1, 6, 1, 1), (1, 6), CHANNELS_LAST),
        ((1, 6), (1, 6, 1, 1), (0, 1)),
        ((1, 1, 1), (1,), (2, 0, 1)),
        ((2, 3, 4), (2, 12), (0, 1, 2)),
    ],
)
def test_a_reshape_that_joins_or_splits_neighbours_in_memory_moves_nothing(before, after, order):
    logical = np.arange(np.prod(before)).reshape(before)
    found = reshaped_order(before, after, order)
    assert found is not None
    np.testing.assert_array_equal(logical.transpose(order).ravel(), logical.reshape(after).transpose(found).ravel())


@pytest.mark.parametrize(
    ("before", "after", "order"),
    [
        (IMAGE, (1, 24, 5), CHANNELS_LAST),
        (IMAGE, (1, 120), CHANNELS_LAST),
        (IMAGE, (1, 6, 20), (0, 3, 2, 1)),
        ((1, 2, 3, 4, 5), (1, 6, 4, 5), (0, 3, 4, 2, 1)),
        ((1, 6, 20), (1, 20, 6), (0, 2, 1)),
    ],
)
def test_no_order_describes_axes_joined_across_others(before, after, order):
    assert reshaped_order(before, after, order) is None
