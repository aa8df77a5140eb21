from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.tasks.detection.landmark_error import landmark_nme

FACE = np.array([[[10, 10], [30, 10], [20, 20], [12, 30], [28, 30]]], float)


def test_an_error_of_one_point_counts_a_fifth_over_the_eye_distance():
    found = FACE.copy()
    found[0, 2] += (3, 4)
    assert landmark_nme(found, FACE, "inter_ocular") == pytest.approx([5 / 5 / 20])


def test_the_box_normalizer_is_the_root_of_its_area():
    found = FACE + np.array([6, 8])
    assert landmark_nme(found, FACE, "box", [[0, 0, 20, 45]]) == pytest.approx([10 / 30])


def test_no_faces_have_no_errors():
    assert landmark_nme(np.zeros((0, 5, 2)), np.zeros((0, 5, 2)), "box").shape == (0,)


@pytest.mark.parametrize(
    ("found", "normalizer", "boxes", "message"),
    [
        (FACE[0], "box", None, "must both be"),
        (FACE, "box", None, "0 boxes do not fit 1"),
        (FACE, "box", [[5, 5, 5, 9]], "face 0 has no size"),
    ],
)
def test_an_undefined_error_is_refused(found, normalizer, boxes, message):
    with pytest.raises(InputError, match=message):
        landmark_nme(found, FACE, normalizer, boxes)


def test_eyes_at_one_point_are_refused():
    profile = FACE.copy()
    profile[0, 1] = profile[0, 0]
    with pytest.raises(InputError, match="inter_ocular"):
        landmark_nme(FACE, profile, "inter_ocular")
