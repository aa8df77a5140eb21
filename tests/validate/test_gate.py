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
FACES = FaceAgreement(matched=97, missed=3, extra=2, score_changes=(-0.02, 0.04), landmark_errors_percent=(1.0, 3.0))


def verdict(limits, tensors=QUIET, faces=FACES):
    (requirement,) = judge(Thresholds(**limits), tensors, faces, TASK)
    return requirement.met


def test_there_are_no_requirements_by_default():
    assert judge(Thresholds(), QUIET, FACES, TASK) == []


@pytest.mark.parametrize(("limit", "met"), [(0.011, True), (0.0099, False)])
def test_the_worst_output_decides_the_largest_difference(limit, met):
    assert verdict({"max_abs": limit}) is met


@pytest.mark.parametrize(("limit", "met"), [(39.9, True), (40.1, False)])
def test_the_noisiest_output_decides_the_ratio(limit, met):
    assert verdict({"snr_db": limit}) is met


def test_nan_in_an_output_meets_no_requirement():
    broken = {**QUIET, "boxes": compare_tensors(np.ones(2), np.array([1.0, math.nan]))}
    assert not verdict({"max_abs": 1e9}, broken)
    assert not verdict({"snr_db": -1e9}, broken)


@pytest.mark.parametrize(
    ("count", "percent", "allowed"),
    [(100, 97.0, 3), (100, 97.5, 3), (100, 98.0, 2), (3, 99.0, 1), (3, 100.0, 0), (1000, 99.9, 1), (0, 99.0, 0)],
)
def test_allowed_misses_are_rounded_up_to_a_whole_face(count, percent, allowed):
    for missed in {min(allowed, count), min(allowed + 1, count)}:
        faces = FaceAgreement(matched=count - missed, missed=missed)
        assert verdict({"matched_percent": percent}, faces=faces) is (missed <= allowed)


@pytest.mark.parametrize(("count", "percent", "allowed"), [(100, 2.0, 2), (100, 1.5, 2), (10, 1.0, 1), (10, 0.0, 0)])
def test_allowed_extras_are_rounded_up_to_a_whole_face(count, percent, allowed):
    for extra in (allowed, allowed + 1):
        faces = FaceAgreement(matched=count, extra=extra)
        assert verdict({"extra_percent": percent}, faces=faces) is (extra <= allowed)


@pytest.mark.parametrize(
    ("limits", "met"),
    [
        ({"mean_score_change": 0.031}, True),
        ({"mean_score_change": 0.029}, False),
        ({"landmark_error_percent": 2.0}, True),
        ({"landmark_error_percent": 1.9}, False),
    ],
)
def test_means_over_matched_faces_are_judged(limits, met):
    assert verdict(limits) is met


def test_a_requirement_shows_limit_and_measurement():
    (requirement,) = judge(Thresholds(matched_percent=98), QUIET, FACES, TASK)
    assert (requirement.limit, requirement.measured) == ("≥ 98% (≤ 2 missed)", "97.00% (3 of 100 missed)")


def test_without_images_only_tensors_are_judged():
    limits = Thresholds(max_abs=1, matched_percent=100, extra_percent=0, mean_score_change=0)
    assert [requirement.what for requirement in judge(limits, QUIET, None, TASK)] == [
        "largest difference of any output"
    ]


def test_an_unknown_threshold_is_refused():
    with pytest.raises(ValidationError, match="max_abz"):
        Thresholds.model_validate({"max_abz": 1})
