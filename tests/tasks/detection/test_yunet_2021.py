"""The decoder of YuNet's first version, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.yunet_2021 import YuNet2021, recognized

SIZE = (120, 160)
COUNT = 3 * 15 * 20 + 2 * 7 * 10 + 2 * 3 * 5 + 3 * 1 * 2


def outputs(boxes=0.0, score=0.0, overlap=0.0):
    shapes = YuNet2021().expected(*SIZE)
    values = {"boxes": boxes, "scores": score, "overlaps": overlap}
    return {role: np.full(shape, values[role], np.float32) for role, shape in shapes.items()}


def test_maps_are_halvings_rounded_down():
    assert YuNet2021().expected(*SIZE)["boxes"] == (1, COUNT, 14)
    assert YuNet2021().expected(127, 127)["scores"] == (1, 3 * 256 + 2 * 64 + 2 * 16 + 3 * 4, 2)
    assert YuNet2021(maps="ceil").expected(*SIZE)["boxes"][1] > COUNT


def test_offsets_are_from_the_center_of_a_cell_in_priors():
    given = outputs()
    row = 3 * 15 * 20 + 2 * (10 + 4) + 1  # stride 16, row 1, column 4, side 48
    given["scores"][0, row, 1], given["overlaps"][0, row] = 0.81, 1.5
    given["boxes"][0, row] = [5, -5, np.log(2) / 0.2, 0, 0, 0, 10, -10] + 6 * [0]
    found = YuNet2021().decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[72 + 24 - 48, 24 - 24 - 24, 72 + 24 + 48, 24 - 24 + 24]], atol=1e-4)
    np.testing.assert_allclose(found.landmarks[0, :2], [[72, 24], [120, -24]], rtol=1e-6)
    np.testing.assert_allclose(found.scores, [0.9])


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = YuNet2021().decode(outputs(value, value, value), *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()
        assert ((found.scores >= 0) & (found.scores <= 1)).all()


@pytest.mark.parametrize("wrong", [{"strides": (8, 16)}, {"strides": (8, 16, 32, 60)}, {"variances": (0, 1)}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"stride|variance"):
        YuNet2021(**wrong)


@pytest.mark.parametrize("size", [SIZE, (240, 320), (320, 320), (121, 163)])
@pytest.mark.parametrize("order", [("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")])
def test_recognised_by_shapes(size, order):
    count = YuNet2021().expected(*size)["boxes"][1]
    shapes = {"a": (count, 14), "b": (count, 1), "c": (1, count, 2)}
    (found,) = recognized({name: shapes[name] for name in order}, *size)
    assert found.parameters == {}
    assert found.outputs == {"boxes": "a", "overlaps": "b", "scores": "c"}


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"p": (1, 136)},
        {"c": (1, 1000)},
        {"a": (COUNT, 14), "b": (COUNT, 2)},
        {"a": (COUNT - 1, 14), "b": (COUNT - 1, 2), "c": (COUNT - 1, 1)},
        {"a": (COUNT, 10), "b": (COUNT, 2), "c": (COUNT, 4)},
        {"a": (COUNT, 14), "b": (COUNT, 2), "c": (COUNT - 1, 1)},
        {"a": (1, 14), "b": (1, 2), "c": (1, 1)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, *SIZE) == []
