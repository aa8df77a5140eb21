from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import summarize

ENTROPY = RangeRule("entropy")


def test_an_outlier_is_clipped(with_outlier):
    low, high = ENTROPY.choose(with_outlier)
    assert 3 < high < 10
    assert -6 < low < -2.5


def test_evenly_spread_numbers_are_not_clipped():
    low, high = ENTROPY.choose(summarize(np.linspace(0, 10, 200_000, dtype=np.float32)))
    assert low == 0
    assert high == pytest.approx(10, rel=0.02)


def test_the_limit_scales_with_the_numbers(normal):
    data = np.abs(normal(50_000))
    limits = [ENTROPY.choose(summarize(data * np.float32(by)))[1] / by for by in (1, 16)]
    assert limits[0] == pytest.approx(limits[1], rel=1e-3)


def test_it_clips_more_than_least_squares_do(normal):
    stats = summarize(np.exp(normal(200_000)))
    assert ENTROPY.choose(stats)[1] < RangeRule("mse").choose(stats)[1] < stats.range[1]


@pytest.mark.parametrize("parameters", [{"bins": 10}, {"levels": 300}])
def test_invalid_parameters_are_refused(parameters):
    with pytest.raises(InputError, match="entropy, parameter"):
        RangeRule("entropy", parameters=parameters)
