from __future__ import annotations

import pytest

from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import summarize


def test_everything_is_inside(with_outlier):
    low, high = RangeRule("minmax").choose(with_outlier)
    assert (low, high) == with_outlier.range
    assert high == 50


@pytest.mark.parametrize("method", ["minmax", "percentile"])
def test_a_small_slope_gives_the_negative_side_fewer_steps(normal, method):
    numbers = normal(50_000)
    numbers[numbers < 0] *= 30
    stats = summarize(numbers)
    rule = RangeRule(method, parameters={} if method == "minmax" else {"percentile": 100})
    plain, steep, flat = (rule.choose(stats, slope) for slope in (1.0, 0.5, 0.01))
    assert plain == pytest.approx(stats.range, rel=0.05)
    assert flat[0] > steep[0] >= plain[0]
    assert flat[1] == plain[1]
