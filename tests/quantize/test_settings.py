"""The recipe's [quantize] section."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgeface.core.progress import show
from edgeface.errors import InputError
from edgeface.quantize.algorithms import algorithms
from edgeface.quantize.plan import Stated
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.settings import DEFAULT, QuantizeSettings


@pytest.fixture
def noted(capsys):
    """What is said of a section of the recipe: `noted(**section)` → (settings, lines on stderr)."""
    show()

    def read(**section):
        settings = QuantizeSettings.model_validate(section)
        return settings, capsys.readouterr().err

    yield read
    show(False)


def test_the_defaults_equalize_and_round_by_second_moments():
    settings = QuantizeSettings()
    assert [chosen.name for chosen in settings.chosen] == list(DEFAULT)
    assert settings.ranges == RangeRule("percentile", headroom=0.1, parameters={"percentile": 99.9999})
    assert set(DEFAULT) <= set(algorithms())


def test_a_range_method_and_its_parameters_share_a_table():
    table = {"method": "percentile", "percentile": 99.0, "headroom": 0.2}
    assert QuantizeSettings(ranges=table).ranges.as_dict() == table
    assert QuantizeSettings(ranges={"method": "mse"}).ranges == RangeRule("mse")
    assert QuantizeSettings(ranges=RangeRule("minmax")).ranges == RangeRule("minmax")


@pytest.mark.parametrize("table", [{"headroom": -0.1}, {"headroom": "much"}, {"headroom": True}, {"method": 3}, "mse"])
def test_a_table_of_ranges_that_is_none_is_refused(table):
    with pytest.raises(ValidationError) as caught:
        QuantizeSettings(ranges=table)
    assert caught.value.errors()[0]["loc"] == ("ranges",)


def test_parameters_are_those_of_the_algorithm_of_their_table():
    parameters = {"cross_layer_equalization": {"caution": 0.25}}
    equalization, rounding = QuantizeSettings(parameters=parameters).chosen
    assert equalization.as_dict() == {"max_octaves": 8, "weight_noise": 4.0, "caution": 0.25, "margin": 0.2}
    assert rounding.as_dict() == {"damping": 1e-3}


@pytest.mark.parametrize(
    ("section", "what", "where", "fix"),
    [
        (
            {"algorithms": ["second_moment_roundin"]},
            "unknown quantization algorithm 'second_moment_roundin'",
            "[quantize] algorithms",
            "did you mean second_moment_rounding?",
        ),
        ({"algorithms": ["q"]}, "'q'", "[quantize] algorithms", "known algorithms: bias_correction, channel_spl"),
        ({"algorithms": ["mse"]}, "'mse' chooses ranges", "[quantize] algorithms", "[quantize.ranges] method"),
        (
            {"parameters": {"second_moment_rounding": {"dampin": 1}}},
            "second_moment_rounding, parameter 'dampin'",
            "[quantize.parameters.second_moment_rounding]",
            "it takes damping",
        ),
        (
            {"parameters": {"second_moment_rounding": {"damping": "little"}}},
            "parameter 'damping'",
            "[quantize.parameters.second_moment_rounding]",
            "it takes damping",
        ),
        (
            {"algorithms": [], "parameters": {"second_moment_rounding": {"damping": 0.1}}},
            "does not list",
            "[quantize.parameters.second_moment_rounding]",
            "list it there",
        ),
    ],
)
def test_what_no_algorithm_is_or_takes_is_refused(section, what, where, fix):
    with pytest.raises(InputError) as caught:
        QuantizeSettings.model_validate(section)
    assert what in caught.value.what
    assert caught.value.where == where
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"equalize": True, "round_weights": True}, DEFAULT),
        ({"equalize": False}, ("second_moment_rounding",)),
        ({"round_weights": False}, ("cross_layer_equalization",)),
        ({"equalize": False, "round_weights": False}, ()),
    ],
)
def test_the_keys_of_earlier_recipes_still_work_and_say_what_to_write(noted, old, new):
    settings, said = noted(**old, calibration_images=7)
    assert (settings.algorithms, settings.calibration_images) == (new, 7)
    assert f"{' and '.join(old)} is now algorithms = [{', '.join(map(repr, new))}]".replace("'", '"') in said
    assert "next release" in said


def test_nothing_is_said_of_a_section_with_todays_keys(noted):
    assert noted(algorithms=["second_moment_rounding"])[1] == ""


@pytest.mark.parametrize("section", [{"equalize": True, "algorithms": []}, {"round_weights": "yes"}])
def test_keys_of_both_kinds_or_no_switches_are_refused(section):
    with pytest.raises(ValidationError, match=r"list \[quantize\] algorithms instead"):
        QuantizeSettings.model_validate(section)


@pytest.mark.parametrize(
    ("section", "needs"),
    [
        ({}, ("ranges", "histograms", "second_moments")),
        ({"algorithms": [], "ranges": {"method": "percentile"}}, ("ranges", "histograms")),
        ({"algorithms": [], "ranges": {"method": "mse"}}, ("ranges", "histograms")),
    ],
)
def test_what_is_needed_is_what_the_algorithms_need_between_them(section, needs):
    assert QuantizeSettings.model_validate(section).needs == needs


def test_precision_counts_more_than_keep_float_and_later_more_than_earlier():
    settings = QuantizeSettings(
        keep_float={"a*": "first", "b": "second"},
        precision={"c": {"dtype": "int16", "reason": "third"}, "a*": {"dtype": "int8", "reason": "fourth"}},
    )
    assert list(settings.patterns.items()) == [
        ("b", Stated("float32", "second")),
        ("c", Stated("int16", "third")),
        ("a*", Stated("int8", "fourth")),
    ]


@pytest.mark.parametrize(
    ("target", "kept"), [("openvino-int8", ["a*", "c"]), ("tflite-int8", ["a*", "b", "c"]), ("", ["a*", "b", "c"])]
)
def test_one_target_computes_in_integers_what_others_keep_in_float(target, kept):
    settings = QuantizeSettings(
        keep_float={"a*": "first", "b": "second", "c": "third"},
        precision={"c": {"dtype": "float32", "reason": "counts more"}},
        integers={"openvino-*": {"b": "its results stay in float", "c": "so do these"}},
    )
    assert list(settings.patterns_for(target)) == kept
    assert list(settings.patterns) == ["a*", "b", "c"]


def test_integers_name_only_what_is_kept_in_float():
    with pytest.raises(InputError, match=r"'b.*', which \[quantize.keep_float\] does not list"):
        QuantizeSettings(keep_float={"b*": "all"}, integers={"openvino-*": {"b.*": "small"}})


@pytest.mark.parametrize("asked", [{"dtype": "int4", "reason": "a test"}, {"dtype": "int8"}, {"reason": "a test"}])
def test_a_precision_needs_a_known_dtype_and_a_reason(asked):
    with pytest.raises(ValidationError):
        QuantizeSettings(precision={"a": asked})
