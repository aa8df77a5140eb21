"""What the peaks of a core mean for int8."""

from __future__ import annotations

import pytest

from edgeface.core.processor import CLASSES
from edgeface.doctor.checks.peak import advice, look


@pytest.mark.parametrize("kind", CLASSES, ids=lambda each: each.name)
@pytest.mark.parametrize("ratio", [1.4, 4.0])
def test_the_gain_is_said_with_where_it_comes_from(kind, ratio):
    said = advice(ratio, kind)
    assert f"int8 gains {ratio:.1f} × at most" in said
    assert "edgeface export MODEL --device here" in said
    assert ("there are no dot-product instructions" in said) is (ratio < 2 and not kind.dot_product)
    assert (f"by the dot products of {kind.name}" in said) is (ratio >= 2 and kind.dot_product)


def test_this_core_is_measured_in_both_kinds_of_arithmetic():
    checks = {each.name: each for each in look()}
    assert checks["peak"].state == "ok"
    assert "GFLOP/s fp32" in checks["peak"].found
    assert "GOP/s int8" in checks["peak"].found
    assert not any(each.required for each in checks.values())
