from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from edgeface.core.thresholds import Thresholds
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.task import TASK
from edgeface.validate.gate import judge
from edgeface.validate.tensors import compare_tensors

QUIET = {"boxes": compare_tensors(np.ones(4), np.ones(4)), "scores": compare_tensors(np.ones(4), np.full(4, 1.01))}
QUIET_SCORES = {"scores": compare_tensors(np.ones(4), np.full(4, 1 + 1e-7))}
FACES = FaceAgreement(matched=97, missed=3, extra=2)


def verdict(limits, tensors=QUIET):
    (requirement,) = judge(Thresholds(**limits), tensors, None, TASK)
    return requirement.met


def test_there_are_no_requirements_by_default():
    assert judge(Thresholds(), QUIET, FACES, TASK) == []


@pytest.mark.parametrize(("limit", "met"), [(0.011, True), (0.0099, False)])
def test_the_worst_output_decides_the_largest_difference(limit, met):
    assert verdict({"max_abs": limit}) is met


@pytest.mark.parametrize(("apart", "met"), [(0.019, True), (0.021, False)])
def test_differences_of_large_numbers_count_in_parts_of_the_largest(apart, met):
    pixels = compare_tensors(np.array([640.0, -3.0]), np.array([640.0, -3.0 + apart]))
    (found,) = judge(Thresholds(max_abs=5e-4), {"pixels": pixels, **QUIET_SCORES}, None, TASK)
    assert found.met is met
    assert found.limit == "≤ 0.02 of up to 640"
    (found,) = judge(Thresholds(max_abs=5e-4), {"pixels": pixels, **QUIET}, None, TASK)
    assert not found.met


@pytest.mark.parametrize(("limit", "met"), [(39.9, True), (40.1, False)])
def test_the_noisiest_output_decides_the_ratio(limit, met):
    assert verdict({"snr_db": limit}) is met


def test_nan_in_an_output_meets_no_requirement():
    broken = {**QUIET, "boxes": compare_tensors(np.ones(2), np.array([1.0, math.nan]))}
    assert not verdict({"max_abs": 1e9}, broken)
    assert not verdict({"snr_db": -1e9}, broken)


@pytest.mark.parametrize(
    ("reference", "candidate", "met"),
    [
        ([1e-5, 2e-6], [1.1e-5, 3e-6], True),  # 1e-6 of 1, though a tenth of the largest
        ([0.9, 2e-6], [0.895, 3e-6], True),
        ([1e-5, 2e-6], [0.03, 3e-6], False),
        ([0.9, 0.2], [math.nan, 0.2], False),
    ],
)
def test_probabilities_count_against_1_and_other_outputs_against_themselves(reference, candidate, met):
    tensors = {"obj": compare_tensors(np.array(reference), np.array(candidate))}
    (found,) = judge(Thresholds(snr_db=30), tensors, None, TASK, probabilities={"obj"})
    assert found.met is met
    (found,) = judge(Thresholds(snr_db=30), tensors, None, TASK)
    assert found.met is (met and reference[0] == 0.9)


def test_a_small_probability_does_not_hide_another_output():
    tensors = {"obj": compare_tensors(np.array([1e-5]), np.array([2e-5])), "boxes": QUIET["scores"]}
    (found,) = judge(Thresholds(snr_db=45), tensors, None, TASK, probabilities={"obj"})
    assert (found.met, found.measured) == (False, "40.0 dB, probabilities within 1e-05")


def test_without_images_only_tensors_are_judged():
    limits = Thresholds(max_abs=1, matched_percent=100, extra_percent=0, mean_score_change=0)
    assert [requirement.what for requirement in judge(limits, QUIET, None, TASK)] == [
        "largest difference of any output"
    ]


def test_an_unknown_threshold_is_refused():
    with pytest.raises(ValidationError, match="max_abz"):
        Thresholds.model_validate({"max_abz": 1})


def test_decisions_are_judged_after_tensors_and_first_of_all_their_number():
    limits = Thresholds(max_abs=1, matched_percent=100)
    assert [requirement.what for requirement in judge(limits, QUIET, FACES, TASK)] == [
        "largest difference of any output",
        "faces that fp32 finds",
        "faces matched",
    ]


def test_a_gate_that_limits_only_tensors_still_asks_for_faces():
    _, faces = judge(Thresholds(max_abs=1), QUIET, FaceAgreement(), TASK)
    assert (faces.met, faces.missed, faces.n) == (False, False, 0)
