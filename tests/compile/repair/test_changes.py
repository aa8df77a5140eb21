"""Changes of a recipe: float wins over what the recipe stated, and corrections are what the version has."""

import pytest

from edgeface.compile.repair.changes import CORRECTIONS, Correction, corrections, in_float
from edgeface.compile.repair.groups import NodeGroup
from edgeface.quantize.algorithms import algorithms
from edgeface.quantize.settings import AskedPrecision, QuantizeSettings

GROUP = NodeGroup("ssh1", ("/ssh1/*", "/x"), frozenset({"a"}))


def test_a_group_in_float_is_kept_float():
    settings = QuantizeSettings(keep_float={"/a/*": "because"})
    assert in_float(settings, [GROUP], "repair").keep_float == {"/a/*": "because", "/ssh1/*": "repair", "/x": "repair"}
    assert in_float(settings, [], "repair") == settings


@pytest.mark.parametrize("pattern", ["*", "/ssh1/*"])
def test_float_wins_over_a_precision_that_was_stated_before(pattern):
    settings = QuantizeSettings(precision={pattern: AskedPrecision(dtype="int8", reason="small")})
    assert list(in_float(settings, [GROUP], "repair").patterns.items())[-1][1].dtype == "float32"
    assert in_float(settings, [GROUP], "repair").patterns["/ssh1/*"].dtype == "float32"


@pytest.mark.parametrize("pattern", ["*", "/ssh1/*"])
def test_float_wins_over_integers_of_a_target(pattern):
    settings = QuantizeSettings(keep_float={pattern: "many"}, integers={"openvino-int8": {pattern: "small"}})
    assert in_float(settings, [GROUP], "repair").patterns_for("openvino-int8")["/ssh1/*"].dtype == "float32"


def test_corrections_keep_the_order_that_they_need():
    tried = (Correction("second_moment_rounding"), Correction("cross_layer_equalization", before=("minmax", "b")))
    settings = QuantizeSettings(algorithms=("second_moment_rounding",))
    (change,) = corrections(settings, tried, slow=False)
    assert change.apply(settings).algorithms == ("second_moment_rounding", "cross_layer_equalization")
    tried = (Correction("cross_layer_equalization", before=("second_moment_rounding",)),)
    (change,) = corrections(settings, tried, slow=False)
    assert change.apply(settings).algorithms == ("cross_layer_equalization", "second_moment_rounding")


def test_ranges_keep_their_headroom():
    settings = QuantizeSettings()
    (change,) = corrections(settings, (Correction("mse", ranges=True),), slow=False)
    changed = change.apply(settings).ranges
    assert (changed.method, changed.headroom) == ("mse", settings.ranges.headroom)
    assert not list(corrections(change.apply(settings), (Correction("mse", ranges=True),), slow=False))


def test_every_correction_that_this_version_has_can_be_applied():
    settings = QuantizeSettings(algorithms=())
    names = [each.algorithm for each in CORRECTIONS if each.algorithm in algorithms()]
    found = list(corrections(settings, CORRECTIONS, slow=True))
    assert len(found) == len(names)
    assert all(change.apply(settings) != settings for change in found)
