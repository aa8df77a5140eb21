"""Outputs without a decode agree as numbers: by their size, and as they are where they lie from 0 to 1."""

import json
import math

import numpy as np
import pytest

from edgeface.contracts import GenericContract
from edgeface.core.thresholds import Thresholds
from edgeface.errors import ContractError
from edgeface.tasks import task_of
from edgeface.tasks.generic.agreement import NumbersAgreement, compare_numbers
from edgeface.tasks.generic.describe import error_tile, noise_sentence, noise_table, number_tables
from edgeface.tasks.generic.requirements import GATE_NOISE, number_requirements

CONTRACT = GenericContract.model_validate(
    {
        "family": "mine",
        "variant": "own",
        "input": {"size": [8, 8], "color": "rgb", "mean": 0},
        "outputs": {"age": "a", "live": ["p", "q"]},
    }
)
TASK = task_of(CONTRACT)


def agreed(off, count=60, scale=1.0, shift=0.0):
    """Agreement of an output over images whose numbers are off by so much."""
    random = np.random.default_rng(0)
    total = NumbersAgreement()
    for _ in range(count):
        numbers = random.uniform(0, 1, 10) * scale + shift
        total += compare_numbers({"a": numbers}, {"a": numbers + off})
    return total


@pytest.mark.parametrize("scale", [1.0, 100.0, 1e-3])
def test_numbers_err_by_their_size_and_shares_as_they_are(scale):
    found = agreed(0.01 * scale, scale=scale).outputs["a"]
    assert found.are_shares == (scale <= 1)
    size = 1.0 if scale <= 1 else scale / math.sqrt(3)
    assert found.mean_error.value == pytest.approx(0.01 * scale / size, rel=0.05)
    assert found.max_abs == pytest.approx(0.01 * scale)


def test_a_probability_near_zero_that_is_off_by_nothing_refuses_nothing():
    tiny = compare_numbers({"p": np.full(4, 1e-5)}, {"p": np.full(4, 2e-5)})
    assert tiny.outputs["p"].mean_error.value == pytest.approx(1e-5)
    assert not tiny.broken


@pytest.mark.parametrize(
    ("got", "broken"), [([1.0, 2.0], False), ([1.0, math.nan], True), ([1.0, math.inf], True), ([-9.0, 9.0], True)]
)
def test_numbers_that_are_none_or_far_break_a_build(got, broken):
    found = compare_numbers({"a": np.array([1.0, 2.0])}, {"a": np.array(got)})
    assert found.broken == broken
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["images"] == 1
    assert found.severity[0] >= 0


@pytest.mark.parametrize(
    ("limits", "off", "by_noise", "state"),
    [
        ({"output_error": 0.02}, 0.01, None, "met"),
        ({"output_error": 0.005}, 0.01, None, "missed"),
        ({"noise_factor": 1.0}, 0.01, 0.03, "met"),
        ({"noise_factor": 1.0}, 0.008, 0.001, "met"),
        ({"noise_factor": 1.0}, 0.05, 0.02, "missed"),
        ({"noise_factor": 1.0}, 0.05, None, "unsure"),
        ({}, 0.01, None, None),
    ],
)
def test_each_output_is_judged_by_a_limit_or_by_the_reference_s_own_noise(limits, off, by_noise, state):
    noise = None if by_noise is None else {GATE_NOISE.name: agreed(by_noise)}
    found = number_requirements(Thresholds(**limits, evidence={"faces": 50}), agreed(off), noise)
    if state is None:
        assert found == []
        return
    enough, judged = found
    assert enough.what == "images compared"
    assert "'a'" in judged.what
    assert ("met" if judged.met else "missed" if judged.missed else "unsure") == state


def test_few_images_show_little():
    evidence = {"evidence": {"faces": 100}}
    found = number_requirements(Thresholds(output_error=0.02, **evidence), agreed(0.01, count=20))
    assert not any(each.met or each.missed for each in found)


def test_the_contract_s_outputs_are_the_decision():
    outputs = {name: np.ones((1, 2), np.float32) for name in ("p", "q", "a", "further")}
    view = TASK.prepare(np.zeros((20, 30, 3), np.uint8), CONTRACT)
    assert list(TASK.decide(outputs, CONTRACT, view)) == ["a", "p", "q"]
    with pytest.raises(ContractError, match="no output 'q'"):
        TASK.decide({name: outputs[name] for name in "pa"}, CONTRACT, view)
    drift = TASK.drift(outputs, {name: array + 0.1 for name, array in outputs.items()}, CONTRACT)["numbers"]
    assert drift.size == pytest.approx(0.1, rel=1e-3)


def test_numbers_are_described_with_the_worst_first_in_mind():
    decisions = agreed(0.01).as_dict()
    noise = {"JPEG 95": agreed(0.02).as_dict(), "one grey level of noise": agreed(0.001).as_dict()}
    (table,) = number_tables(decisions)
    assert table.rows[0][0] == "a"
    assert "0.0100" in error_tile(decisions).figure
    assert "less than saving the image once more" in noise_sentence(decisions, noise)
    assert [row[0] for row in noise_table(decisions, noise).rows] == [
        "one grey level of noise",
        "this artifact",
        "JPEG 95",
    ]
    assert number_tables({}) == ()
    assert error_tile({}) is None
    assert noise_sentence({}, noise) is None
