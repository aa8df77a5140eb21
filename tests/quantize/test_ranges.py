from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import summarise


@pytest.fixture
def with_outlier(normal):
    """A hundred thousand numbers of the normal distribution, and one 50."""
    return summarise(np.append(normal(100_000), np.float32(50)))


def test_minmax_takes_everything(with_outlier):
    low, high = RangeRule("minmax").choose(with_outlier)
    assert (low, high) == with_outlier.range
    assert high == 50


def test_a_percentile_clips_an_outlier_and_no_more(with_outlier):
    low, high = RangeRule("percentile", 99.99).choose(with_outlier)
    assert 3.2 < high < 4.6
    assert -4.6 < low < -3.2
    assert RangeRule("percentile", 100).choose(with_outlier)[1] >= 0.97 * 50


def test_a_percentile_range_holds_zero_and_stays_within_what_was_seen():
    low, high = RangeRule("percentile", 99).choose(summarise(np.linspace(2, 3, 1000, dtype=np.float32)))
    assert low <= 2
    assert 2.9 < high <= 3


def test_least_squares_balances_clipping_and_rounding(normal):
    numbers = np.append(normal(20_000), np.array([200], np.float32) / 10)
    stats = summarise(numbers)

    def error(low, high):
        step = (high - low) / 255
        return np.square(numbers - np.clip(np.rint(numbers / step) * step, low, high)).mean()

    assert error(*RangeRule("mse").choose(stats)) <= error(*stats.range)
    assert RangeRule("mse").choose(stats)[1] < stats.range[1] + 1e-9


def test_a_small_slope_gives_the_negative_side_fewer_steps(normal):
    numbers = normal(50_000)
    numbers[numbers < 0] *= 30
    stats = summarise(numbers)
    plain, steep, flat = (RangeRule("minmax").choose(stats, slope) for slope in (1.0, 0.5, 0.01))
    assert plain == stats.range
    assert flat[0] > steep[0] >= plain[0]
    assert flat[1] == plain[1]


def test_a_constant_zero_has_a_range():
    zeros = summarise(np.zeros(10, np.float32))
    for method in ("minmax", "percentile", "mse"):
        assert RangeRule(method).choose(zeros) == (0, 0)


def test_headroom_widens_both_sides_and_more_for_fewer_images():
    rule = RangeRule(headroom=0.1)
    assert rule.widen((-2.0, 10.0), 40) == pytest.approx((-2.2, 11.0))
    few, many = rule.widen((-2.0, 10.0), 10), rule.widen((-2.0, 10.0), 160)
    assert few == pytest.approx((-2.4, 12.0))
    assert many == pytest.approx((-2.1, 10.5))
    assert RangeRule(headroom=0.0).widen((-2.0, 10.0), 4) == (-2.0, 10.0)
