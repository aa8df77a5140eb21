"""The decoder of region proposals, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.rpn import Rpn, recognized

SIZE = (64, 96)


def outputs(decoder, **values):
    shapes = decoder.expected(*SIZE)
    return {role: np.full(shape, values.get(role.split("_")[0], 0.0), np.float32) for role, shape in shapes.items()}


def test_an_anchor_is_a_multiple_of_the_base_about_its_middle():
    given = outputs(Rpn())
    given["scores_2"][0, 3, 1, 4] = 0.9  # the second anchor's face, stride 8
    given["scores_2"][0, 1, 2, 2] = 0.9  # a background
    given["boxes_2"][0, 4:, 1, 4] = 0.5, -0.25, np.log(2), 0
    given["landmarks_2"][0, 12:14, 1, 4] = 0.5, -0.25
    found = Rpn().decode(given, *SIZE, 0.5)
    x, y = 32 + 7.5, 8 + 7.5
    np.testing.assert_allclose(found.boxes, [[x + 8 - 15.5, y - 4 - 7.5, x + 8 + 15.5, y - 4 + 7.5]], rtol=1e-6)
    np.testing.assert_allclose(found.landmarks[0, :2], [[x, y], [x + 8, y - 4]])
    assert found.scores == np.float32(0.9)


def test_logits_other_anchors_and_no_landmarks_are_parameters():
    decoder = Rpn((16,), ((4,),), 8, landmarks=0, score="softmax")
    found = decoder.decode(outputs(decoder), *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[1], [19.5 - 15.5, 3.5 - 15.5, 19.5 + 15.5, 3.5 + 15.5])
    assert (found.scores == 0.5).all()
    assert found.landmarks.shape == (24, 0, 2)


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given = outputs(Rpn(), scores=value, boxes=value, landmarks=value)
            found = Rpn(score="softmax").decode(given, *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()


@pytest.mark.parametrize("wrong", [{"strides": (8,)}, {"base": 0}, {"score": "sigmoid"}, {"landmark_scale": 0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"needs|are |is "):
        Rpn(**wrong)


@pytest.mark.parametrize("size", [(640, 640), (320, 416)])
@pytest.mark.parametrize("landmarks", [5, 0, 4])
def test_recognised_by_shapes_in_any_order(size, landmarks):
    shapes = {f"o{i}": shape for i, shape in enumerate(reversed(Rpn(landmarks=landmarks).expected(*size).values()))}
    (found,) = recognized(shapes, *size)
    decoder = Rpn(**found.parameters)
    named = {f"{role}_{i}": shapes[name] for role, names in found.outputs.items() for i, name in enumerate(names)}
    assert named == decoder.expected(*size)


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"e": (1, 512)},
        {"a": (1, 80, 80, 80), "b": (1, 80, 40, 40), "c": (1, 80, 20, 20)},
        {"a": (1, 1, 160, 160), "b": (1, 2, 160, 160), "c": (1, 2, 160, 160), "d": (1, 10, 160, 160)},
        {"a": (1, 4, 20, 20), "b": (1, 8, 20, 20), "c": (1, 20, 20, 20)},
        {"a": (1, 4, 20, 20), "b": (1, 8, 20, 20), "c": (1, 512)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 640, 640) == []
