from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import summarize


@pytest.mark.parametrize("method", ["minmax", "percentile", "mse", "entropy"])
def test_a_constant_zero_has_a_range(method):
    assert RangeRule(method).choose(summarize(np.zeros(10, np.float32))) == (0, 0)


def test_headroom_widens_both_sides_and_more_for_fewer_images():
    rule = RangeRule(headroom=0.1)
    assert rule.widen((-2.0, 10.0), 40) == pytest.approx((-2.2, 11.0))
    few, many = rule.widen((-2.0, 10.0), 10), rule.widen((-2.0, 10.0), 160)
    assert few == pytest.approx((-2.4, 12.0))
    assert many == pytest.approx((-2.1, 10.5))
    assert RangeRule(headroom=0.0).widen((-2.0, 10.0), 4) == (-2.0, 10.0)


def test_headroom_is_larger_for_values_of_few_pixels():
    rule = RangeRule(headroom=0.1)
    assert rule.widen((-2.0, 10.0), 40, 75) == pytest.approx((-2.4, 12.0))
    assert rule.widen((-2.0, 10.0), 40, 4_800) == pytest.approx((-2.1414, 10.7071), abs=1e-4)


def test_a_rule_lists_all_parameters_with_defaults():
    assert RangeRule().as_dict() == {"method": "percentile", "percentile": 99.9999, "headroom": 0.1}
    given = RangeRule("percentile", headroom=0.0, parameters={"percentile": 99.0})
    assert given.as_dict() == {"method": "percentile", "percentile": 99.0, "headroom": 0.0}
    assert RangeRule("mse").as_dict() == {"method": "mse", "clipping": 1.0, "headroom": 0.1}


@pytest.mark.parametrize(
    ("method", "parameters", "what", "fix"),
    [
        ("percentil", {}, "unknown quantization algorithm 'percentil'", "did you mean percentile?"),
        ("second_moment_rounding", {}, "'second_moment_rounding' corrects a network", "name it in [quantize] algor"),
        ("minmax", {"percentile": 99.0}, "minmax, parameter 'percentile' is not known", "it takes no parameters"),
    ],
)
def test_what_chooses_no_ranges_is_refused(method, parameters, what, fix):
    with pytest.raises(InputError) as caught:
        RangeRule(method, parameters=parameters)
    assert what in caught.value.what
    assert fix in caught.value.fix


@pytest.mark.parametrize("headroom", [1e300, float("nan"), float("inf"), -0.1, "1"])
def test_a_headroom_that_leaves_no_range_is_refused(headroom):
    with pytest.raises(InputError, match="headroom must be a number from 0 to 10"):
        RangeRule(headroom=headroom)
