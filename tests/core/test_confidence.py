from __future__ import annotations

import math

import numpy as np
import pytest

from edgeface.core.confidence import (
    low_end,
    mean_interval,
    percentile_interval,
    rate_interval,
    share_interval,
    total_for_rate,
    total_for_share,
)
from edgeface.errors import InputError


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # scipy 1.17: binomtest(count, total).proportion_ci(method="wilson")
    [(7, 7, 0.64567, 1.0), (0, 100, 0.0, 0.036994), (427, 432, 0.973196, 0.995046), (1, 2, 0.094531, 0.905469)],
)
def test_a_share_has_wilson_s_interval(count, total, low, high):
    found = share_interval(count, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-5)
    assert found.value == count / total


def test_a_share_of_nothing_may_be_any():
    found = share_interval(0, 0)
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0, 1)
    assert math.isinf(rate_interval(0, 0).high)


@pytest.mark.parametrize("draw", [3.0, 20.0])
def test_intervals_hold_the_truth_about_as_often_as_they_say(draw):
    rng = np.random.default_rng(1)
    share, total = draw / 100, 100
    shares = [share_interval(int(count), total) for count in rng.binomial(total, share, 2000)]
    rates = [rate_interval(int(count), total) for count in rng.poisson(draw, 2000)]
    for found in (shares, rates):
        assert 0.92 < np.mean([each.low <= share <= each.high for each in found]) < 0.985


def test_a_rate_may_exceed_one():
    found = rate_interval(30, 10)
    assert found.low < found.value == 3 < found.high
    assert rate_interval(0, 100).high == pytest.approx(0.03841, abs=1e-5)


@pytest.mark.parametrize(("share", "limit"), [(1.0, 0.975), (0.99, 0.975), (0.2, 0.5)])
def test_the_number_that_shows_a_share_is_the_smallest_that_does(share, limit):
    total = math.ceil(total_for_share(share, limit))
    for number, shown in ((total + 1, True), (total * 9 // 10, False)):
        found = share_interval(round(share * number), number)
        assert (found.low > limit or found.high < limit) is shown


def test_the_number_that_shows_a_rate_is_the_smallest_that_does():
    total = math.ceil(total_for_rate(0.0, 0.02))
    assert rate_interval(0, total).high <= 0.02 < rate_interval(0, total - 1).high
    assert math.isinf(total_for_rate(0.02, 0.02))
    assert math.isinf(total_for_share(0.9, 0.9))


def test_a_mean_has_the_same_interval_each_time_and_a_narrower_one_with_more_values():
    values = np.random.default_rng(3).normal(5, 1, 400)
    few, many = mean_interval(values[:25].tolist()), mean_interval(values.tolist())
    assert mean_interval(values.tolist()) == many
    assert few.low < many.low < many.value < many.high < few.high
    assert many.high - many.low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert math.isnan(mean_interval([]).value)


def test_an_interval_needs_a_resample():
    with pytest.raises(InputError, match="too few"):
        percentile_interval(1.0, [])


def test_the_low_end_of_a_part_is_below_the_mean_of_all_nearly_always():
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(400):
        images = [rng.exponential(rng.exponential(1.0), rng.integers(0, 9)).tolist() for _ in range(83)]
        whole = [value for image in images for value in image]
        missed += low_end(images[::5], len(whole)) > np.mean(whole)
    assert missed <= 4


def test_the_low_end_nears_the_mean_as_less_is_left():
    groups = [[1.0, 2.0], [3.0], [2.0, 2.0, 4.0], []]
    ends = [low_end(groups, cases) for cases in (1000, 10, 7, 6)]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(np.mean([1, 2, 3, 2, 2, 4]))
    assert low_end([[1.0, 2.0]], 10) == low_end([], 10) == low_end([[], []], 10) == 0


@pytest.mark.parametrize("count", [1, 2, 7, 129, 425, 3_001])
def test_resamples_are_those_that_are_drawn_one_after_the_other(count):
    values = np.random.default_rng(count).exponential(size=count)
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, count, count)].mean() for _ in range(1000)]
    assert mean_interval(values) == percentile_interval(float(values.mean()), means)
