from __future__ import annotations

import numpy as np

from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import summarize


def test_clipping_and_rounding_are_balanced(normal):
    numbers = np.append(normal(20_000), np.array([200], np.float32) / 10)
    stats = summarize(numbers)

    def error(low, high):
        step = (high - low) / 255
        return np.square(numbers - np.clip(np.rint(numbers / step) * step, low, high)).mean()

    assert error(*RangeRule("mse").choose(stats)) <= error(*stats.range)
    assert RangeRule("mse").choose(stats)[1] < stats.range[1] + 1e-9


def test_the_more_clipping_counts_the_wider_the_range(normal):
    stats = summarize(np.append(np.abs(normal(200_000)), np.float32([20, 10, 7])))
    highs = [RangeRule("mse", parameters={"clipping": factor}).choose(stats)[1] for factor in (1.0, 4.0, 1e6)]
    assert highs[0] < highs[1] < highs[2] == stats.range[1]


def test_nothing_is_clipped_where_nothing_is_gained():
    stats = summarize(np.linspace(-1, 1, 4001, dtype=np.float32))
    assert RangeRule("mse").choose(stats) == stats.range
