"""SCRFD's decoder, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.scrfd import Scrfd, recognized

SIZE = (64, 96)


def outputs(decoder, boxes=1.0, landmarks=0.0, score=0.0):
    values = {"scores": score, "boxes": boxes, "landmarks": landmarks}
    shapes = decoder.expected(*SIZE)
    return {role: np.full(shape, values[role.split("_")[0]], np.float32) for role, shape in shapes.items()}


def shapes_of(height, width, batch=True, landmarks=10, per_cell=2):
    """Nine outputs (six without landmarks) of public models, under names that say nothing, in no order."""
    found = {}
    for columns in (4, landmarks, 1):
        for stride in (16, 32, 8):
            rows = (per_cell * -(-height // stride) * -(-width // stride), columns)
            if columns:
                found[f"o{len(found) * 7 % 9}"] = (1, *rows) if batch else rows
    return found


def test_an_anchor_stands_at_the_corner_of_its_cell_and_measures_in_strides():
    given = outputs(Scrfd())
    given["scores_1"][0, 2 * (6 + 4) + 1] = 0.9  # row 1, column 4
    given["boxes_1"][0, 2 * (6 + 4) + 1] = 1, 2, 3, 4
    given["landmarks_1"][0, 2 * (6 + 4) + 1, 2:4] = 0.5, -0.25
    found = Scrfd().decode(given, *SIZE, 0.5)
    np.testing.assert_array_equal(found.boxes, [[64 - 16, 16 - 32, 64 + 48, 16 + 64]])
    np.testing.assert_array_equal(found.landmarks[0, :2], [[64, 16], [72, 12]])
    assert found.landmarks.shape == (1, 5, 2)
    assert found.scores == np.float32(0.9)


def test_offset_units_and_logits_are_parameters():
    decoder = Scrfd((8,), 1, 0.5, units="pixel", score="sigmoid", landmarks=0)
    found = decoder.decode(outputs(decoder, boxes=3.0), *SIZE, 0.5)
    np.testing.assert_array_equal(found.boxes[1], [12 - 3, 4 - 3, 12 + 3, 4 + 3])
    assert (found.scores == 0.5).all()
    assert found.landmarks.shape == (96, 0, 2)


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = Scrfd(score="sigmoid").decode(outputs(Scrfd(), value, value, value), *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()


@pytest.mark.parametrize("wrong", [{"units": "cell"}, {"score": "softmax"}, {"maps": "round"}, {"offset": 9}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match="is "):
        Scrfd(**wrong)


@pytest.mark.parametrize("size", [(640, 640), (160, 160), (320, 416), (100, 90)])
@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize(("landmarks", "per_cell"), [(10, 2), (0, 2), (8, 2), (196, 1)])
def test_recognised_by_shapes(size, batch, landmarks, per_cell):
    shapes = shapes_of(*size, batch, landmarks, per_cell)
    (found,) = recognized(shapes, *size)
    decoder = Scrfd(**found.parameters)
    assert (decoder.strides, decoder.per_cell, decoder.landmarks) == ((8, 16, 32), per_cell, landmarks // 2)
    for role, shape in decoder.expected(*size).items():
        kind, index = role.split("_")
        assert shapes[found.outputs[kind][int(index)]] in (shape, shape[1:])


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"p": (1, 136)},
        {"c": (1, 1000)},
        {"a": (1, 4), "b": (1, 1), "c": (1, 10)},
        {"a": (1, 8400, 4), "b": (1, 8400, 2), "c": (1, 8400, 10)},
        {"a": (100, 4), "b": (100, 1)},
        shapes_of(640, 640) | {"more": (1, 3, 80, 80)},
        shapes_of(640, 640) | {"more": (1, 12800, 1)},
        shapes_of(512, 512),
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 640, 640) == []
