from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import summarize


def percentile(percent):
    return RangeRule("percentile", parameters={"percentile": percent})


def test_an_outlier_is_clipped_and_no_more(with_outlier):
    low, high = percentile(99.99).choose(with_outlier)
    assert 3.2 < high < 4.6
    assert -4.6 < low < -3.2
    assert percentile(100).choose(with_outlier)[1] >= 0.97 * 50


def test_the_range_contains_zero_and_stays_within_the_observed_one():
    low, high = percentile(99).choose(summarize(np.linspace(2, 3, 1000, dtype=np.float32)))
    assert low <= 2
    assert 2.9 < high <= 3


@pytest.mark.parametrize("percent", [49.0, 100.1, "all"])
def test_an_invalid_percentile_is_refused(percent):
    with pytest.raises(InputError, match="percentile, parameter 'percentile'") as caught:
        percentile(percent)
    assert (caught.value.where, caught.value.fix) == ("[quantize.ranges]", "it takes percentile")
