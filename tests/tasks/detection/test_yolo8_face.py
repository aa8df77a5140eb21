"""YOLOv8-face's decoder, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.yolo8_face import Yolo8Face, recognized, undecoded

SIZE = (64, 96)


def outputs(decoder, value=0.0):
    return {role: np.full(shape, value, np.float32) for role, shape in decoder.expected(*SIZE).items()}


@pytest.mark.parametrize("layout", ["maps", "heads"])
def test_sides_of_a_raw_map_are_means_of_distributions(layout):
    decoder = Yolo8Face(layout=layout)
    given = outputs(Yolo8Face(), -100.0)
    row = given["maps_1"][0, :, 1, 4]
    for side, bins in enumerate(((1,), (2,), (3, 4), (0,))):
        row[[16 * side + k for k in bins]] = 100.0
    row[64:67] = 0.0, 0.25, -0.25
    row[65:80:3], row[66:80:3] = 0.25, -0.25
    if layout == "heads":
        parts = {"boxes": slice(64), "scores": slice(64, 65), "landmarks": slice(65, None)}
        given = {f"{role}_{i}": given[f"maps_{i}"][:, part] for role, part in parts.items() for i in range(3)}
    found = decoder.decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[72 - 16, 24 - 32, 72 + 56, 24]], rtol=1e-6)
    np.testing.assert_allclose(found.landmarks, [5 * [[64 + 8, 16 - 8]]])
    assert found.scores == 0.5


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize("values", [2, 3])
def test_a_decoded_table_is_in_pixels(layout, values):
    decoder = Yolo8Face(layout=layout, values=values)
    given = outputs(decoder)
    table = given["table"][0] if layout == "rows" else given["table"][0].T
    table[9, :5] = 30, 20, 10, 20, 0.9
    table[9, 5::values], table[9, 6::values] = range(5), range(5, 10)
    found = decoder.decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[25, 10, 35, 30]])
    np.testing.assert_allclose(found.landmarks[0, 1], [1, 6])
    np.testing.assert_allclose(found.scores, [0.9])


@pytest.mark.parametrize("layout", ["maps", "heads", "columns", "rows"])
@pytest.mark.parametrize("landmarks", [5, 0])
def test_damaged_numbers_neither_overflow_nor_warn(layout, landmarks):
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            decoder = Yolo8Face(layout=layout, landmarks=landmarks)
            found = decoder.decode(outputs(decoder, value), *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()
        assert found.landmarks.shape[1:] == (landmarks, 2)


@pytest.mark.parametrize("wrong", [{"strides": ()}, {"layout": "flat"}, {"bins": 1}, {"values": 4}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"are |is "):
        Yolo8Face(**wrong)


@pytest.mark.parametrize("size", [(640, 640), (320, 416)])
@pytest.mark.parametrize("layout", ["maps", "heads", "columns", "rows"])
@pytest.mark.parametrize(("landmarks", "values"), [(5, 3), (5, 2), (0, 3)])
@pytest.mark.parametrize("strides", [(8, 16, 32), (8, 16, 32, 64)])
def test_recognised_by_shapes(size, layout, landmarks, values, strides):
    made = Yolo8Face(strides, 16, layout, landmarks, values)
    shapes = {f"o{index}": shape for index, shape in enumerate(reversed(made.expected(*size).values()))}
    assert made in [Yolo8Face(**one.parameters) for one in recognized(shapes, *size)]
    for one in recognized(shapes, *size):
        names = [n for given in one.outputs.values() for n in ((given,) if isinstance(given, str) else given)]
        assert [shapes[name] for name in names] == list(Yolo8Face(**one.parameters).expected(*size).values())


def test_channels_that_two_numbers_of_landmarks_explain_are_read_as_both():
    shapes = Yolo8Face(landmarks=10).expected(640, 640)
    assert [one.note for one in recognized(shapes, 640, 640)] == [
        "10 landmarks of 3 values",
        "15 landmarks of 2 values",
    ]


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"e": (1, 512)},
        {"c": (1, 1000)},
        {"r": (1, 25200, 16)},
        {"r": (1, 84, 8400)},
        {"r": (1, 20, 8401)},
        {"a": (1, 144, 80, 80), "b": (1, 144, 40, 40), "c": (1, 144, 20, 20)},
        {"a": (1, 64, 80, 80), "b": (1, 64, 40, 40), "c": (1, 64, 20, 20)},
        {"a": (1, 80, 80, 80), "b": (1, 80, 40, 40)},
        {"a": (1, 12800, 1), "b": (1, 12800, 4)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 640, 640) == []


def test_a_decoded_table_may_be_raw_maps_before():
    assert [one.layout for one in undecoded(Yolo8Face(layout="rows"))] == ["maps", "heads"]
    assert undecoded(Yolo8Face()) == ()
