"""BlazeFace's decoder, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.blazeface import BlazeFace, recognized

FRONT, BACK = (128, 128), (256, 256)


def outputs(decoder, size=FRONT, boxes=0.0, score=0.0):
    values = {"boxes": boxes, "scores": score}
    shapes = decoder.expected(*size)
    return {role: np.full(shape, values[role.split("_")[0]], np.float32) for role, shape in shapes.items()}


@pytest.mark.parametrize("split", [False, True])
def test_a_face_is_offset_in_pixels_from_the_center_of_a_cell(split):
    decoder = BlazeFace(split=split)
    given = outputs(decoder, score=-100.0)
    row = 6 * (8 * 2 + 3) + 5  # of the second map: row 2, column 3
    place = ("_1", row) if split else ("", 512 + row)
    given[f"scores{place[0]}"][0, place[1]] = 0.0
    given[f"boxes{place[0]}"][0, place[1]] = [5, -5, 20, 40, 1, 2, *10 * [0]]
    found = decoder.decode(given, *FRONT, 0.5)
    np.testing.assert_allclose(found.boxes, [[56 + 5 - 10, 40 - 5 - 20, 56 + 5 + 10, 40 - 5 + 20]])
    np.testing.assert_allclose(found.landmarks[0, :2], [[57, 42], [56, 40]])
    assert found.landmarks.shape == (1, 6, 2)
    assert found.scores == 0.5


def test_shares_of_the_input_and_done_scores_are_parameters():
    decoder = BlazeFace((4,), (1,), unit=0, score="as-is", landmarks=1)
    found = decoder.decode(outputs(decoder, (64, 128), 0.25, 0.75), 64, 128, 0.5)
    np.testing.assert_allclose(found.boxes[0], [2 + 32 - 16, 2 + 16 - 8, 2 + 32 + 16, 2 + 16 + 8])
    np.testing.assert_allclose(found.landmarks[0], [[34, 18]])
    assert (found.scores == 0.75).all()


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = BlazeFace().decode(outputs(BlazeFace(), FRONT, value, value), *FRONT, 0.0)
        assert np.isfinite(found.boxes).all()


@pytest.mark.parametrize("wrong", [{"strides": (8,)}, {"per_cell": (2, 0)}, {"unit": -1}, {"score": "softmax"}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"needs|1 to|is "):
        BlazeFace(**wrong)


@pytest.mark.parametrize(
    ("size", "lengths", "strides"),
    [
        (FRONT, (896,), (8, 16)),
        (FRONT, (512, 384), (8, 16)),
        (BACK, (896,), (16, 32)),
        (BACK, (512, 384), (16, 32)),
        ((192, 192), (2304,), (4,)),
        ((256, 192), (1536, 1152), (8, 16)),
    ],
)
@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_recognised_by_shapes(size, lengths, strides, batch, backwards):
    tables = [(rows, columns) for columns in (16, 1) for rows in lengths]
    shapes = {f"o{index}": (1, *table) if batch else table for index, table in enumerate(tables)}
    (found,) = recognized(dict(reversed(shapes.items())) if backwards else shapes, *size)
    decoder = BlazeFace(**found.parameters)
    assert (decoder.strides, decoder.split) == (strides, len(lengths) > 1)
    named = {
        f"{role}_{index}" if decoder.split else role: name
        for role, names in found.outputs.items()
        for index, name in enumerate((names,) if isinstance(names, str) else names)
    }
    expected = decoder.expected(*size)
    assert {role: shapes[name][-2:] for role, name in named.items()} == {r: s[1:] for r, s in expected.items()}


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"c": (1, 1000)},
        {"r": (1, 512, 16)},
        {"a": (1, 896, 16), "b": (1, 895, 1)},
        {"a": (1, 896, 16), "b": (1, 896, 2)},
        {"a": (1, 896, 16), "b": (1, 896, 1), "c": (1, 3)},
        {"a": (1, 16), "b": (1, 1)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, *FRONT) == []
