"""UltraFace's decoder, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.ultraface import UltraFace, recognized

SIZE = (240, 320)
COUNT = 4420


def outputs(decoder, boxes=0.0, background=1.0):
    shapes = decoder.expected(*SIZE)
    found = {role: np.zeros(shape, np.float32) for role, shape in shapes.items()}
    found["scores"][0, :, decoder.background] = background
    found["boxes"] += np.float32(boxes)
    return found


def test_corners_are_shares_of_the_input():
    given = outputs(UltraFace())
    given["scores"][0, 7] = 0.2, 0.8
    given["boxes"][0, 7] = 0.25, 0.5, 0.5, 1.0
    found = UltraFace().decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[80, 120, 160, 240]])
    np.testing.assert_allclose(found.scores, [0.8])
    assert found.landmarks.shape == (1, 0, 2)


def test_priors_of_partial_maps_stretch_over_the_input_and_sides_end_at_it():
    decoder = UltraFace("ssd")
    found = decoder.decode(outputs(decoder, background=0.0), *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[2], [4 - 12, 4 - 12, 4 + 12, 4 + 12], rtol=1e-5)
    first = 3 * 30 * 40 + 2 * 15 * 20  # of the third map: 7.5 cells of 32 pixels are 8 rows of 30
    np.testing.assert_allclose(found.boxes[first], [16 - 32, 15 - 32, 16 + 32, 15 + 32], rtol=1e-5)
    np.testing.assert_allclose(found.boxes[-1], [288 - 128, 210 - 120, 288 + 128, 210 + 120], rtol=1e-5)


def test_offsets_move_and_grow_by_the_variances():
    decoder = UltraFace("ssd")
    found = decoder.decode(outputs(decoder, [5, -5, np.log(2) / 0.2, 0], 0.0), *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[0], [4 + 5 - 10, 4 - 5 - 5, 4 + 5 + 10, 4 - 5 + 5], rtol=1e-5)


def test_a_third_class_counts_as_a_face_and_logits_are_a_parameter():
    masked = UltraFace(classes=3)
    given = outputs(masked, background=0.25)
    given["scores"][0, :, 2] = 0.75
    np.testing.assert_allclose(masked.decode(given, *SIZE, 0.5).scores, np.full(COUNT, 0.75))
    logits = UltraFace(score="softmax", background=1)
    np.testing.assert_allclose(logits.decode(outputs(logits, background=0.0), *SIZE, 0.5).scores, np.full(COUNT, 0.5))


@pytest.mark.parametrize("box", ["corners", "ssd"])
def test_damaged_numbers_neither_overflow_nor_warn(box):
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            decoder = UltraFace(box, score="softmax")
            found = decoder.decode(outputs(decoder, value, value), *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()
        assert np.isfinite(found.scores).all()


@pytest.mark.parametrize("wrong", [{"box": "raw"}, {"strides": (8,)}, {"classes": 1}, {"background": 2}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"is |needs"):
        UltraFace(**wrong)


@pytest.mark.parametrize(("size", "count"), [(SIZE, 4420), ((480, 640), 17640), ((120, 160), 1118)])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("names", ["ab", "ba"])
def test_recognised_by_shapes_as_decoded_and_as_raw(size, count, classes, names):
    shapes = {"a": (1, count, classes), "b": (count, 4)}
    found = recognized({name: shapes[name] for name in names}, *size)
    decoders = [UltraFace(**one.parameters) for one in found]
    assert [(decoder.box, decoder.classes) for decoder in decoders] == [("corners", classes), ("ssd", classes)]
    assert all(one.outputs == {"scores": "a", "boxes": "b"} and one.note for one in found)


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"c": (1, 1000)},
        {"a": (1, 4), "b": (1, 2)},
        {"a": (1, COUNT, 4), "b": (1, COUNT, 1)},
        {"a": (1, COUNT, 4), "b": (1, COUNT, 80)},
        {"a": (1, COUNT, 4), "b": (1, COUNT, 2), "c": (1, COUNT, 10)},
        {"a": (1, 8400, 4), "b": (1, 8400, 2)},
        {"a": (1, COUNT, 4), "b": (1, COUNT - 1, 2)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, *SIZE) == []
