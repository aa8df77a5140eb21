"""YOLOv5-face's decoder, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.yolo5_face import Yolo5Face, recognized, undecoded

SIZE = (64, 96)


def outputs(decoder, value=0.0):
    return {role: np.full(shape, value, np.float32) for role, shape in decoder.expected(*SIZE).items()}


@pytest.mark.parametrize("layout", ["cells", "channels"])
def test_a_face_of_a_raw_map_is_offset_from_the_corner_of_its_cell(layout):
    decoder = Yolo5Face(layout=layout)
    given = outputs(decoder, -100.0)
    row = [0, np.log(3), 0, np.log(3), 0, 0.5, -0.25, *8 * [0], 100.0]
    if layout == "cells":
        given["maps_1"][0, 2, 1, 4] = row
    else:
        given["maps_1"][0, 32:48, 1, 4] = row
    found = decoder.decode(given, *SIZE, 0.4)
    x, y = 64 + 16 * 0.5, 16 + 16 * 1.0
    w, h = 73 * 1, 105 * 1.5**2
    np.testing.assert_allclose(found.boxes, [[x - w / 2, y - h / 2, x + w / 2, y + h / 2]], rtol=1e-5)
    np.testing.assert_allclose(found.landmarks[0, :2], [[64 + 36.5, 16 - 26.25], [64, 16]])
    np.testing.assert_allclose(found.scores, [0.5], rtol=1e-6)


def test_decoded_rows_are_in_pixels():
    decoder = Yolo5Face(layout="rows")
    given = outputs(decoder)
    given["rows"][0, 9] = [30, 20, 10, 20, 0.9, *range(10), 0.8]
    found = decoder.decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[25, 10, 35, 30]])
    np.testing.assert_allclose(found.landmarks[0], np.arange(10).reshape(5, 2))
    np.testing.assert_allclose(found.scores, [0.72])


@pytest.mark.parametrize("layout", ["cells", "channels", "rows"])
def test_damaged_numbers_neither_overflow_nor_warn(layout):
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            decoder = Yolo5Face(layout=layout)
            found = decoder.decode(outputs(decoder, value), *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()
        assert np.isfinite(found.landmarks).all()


@pytest.mark.parametrize("wrong", [{"strides": (8,)}, {"layout": "flat"}, {"strides": (8,), "anchors": (((0, 1),),)}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"needs|is "):
        Yolo5Face(**wrong)


@pytest.mark.parametrize("size", [(640, 640), (320, 416)])
@pytest.mark.parametrize("layout", ["cells", "channels", "rows"])
@pytest.mark.parametrize("landmarks", [5, 0, 4])
@pytest.mark.parametrize("strides", [(8, 16, 32), (8, 16, 32, 64)])
def test_recognised_by_shapes(size, layout, landmarks, strides):
    made = Yolo5Face(strides, 4 * (3 * ((1, 1),),) if len(strides) == 4 else Yolo5Face.anchors, layout, landmarks)
    shapes = {f"o{index}": shape for index, shape in enumerate(reversed(made.expected(*size).values()))}
    (found,) = recognized(shapes, *size)
    decoder = Yolo5Face(**found.parameters)
    assert (decoder.strides, decoder.layout, decoder.landmarks) == (strides, layout, landmarks)
    names = found.outputs.get("maps", (found.outputs.get("rows"),))
    assert [shapes[name] for name in names] == list(made.expected(*size).values())


def test_a_table_beside_raw_maps_gives_both_readings():
    shapes = {**Yolo5Face().expected(640, 640), **Yolo5Face(layout="rows").expected(640, 640)}
    assert [set(one.outputs) for one in recognized(shapes, 640, 640)] == [{"rows"}, {"maps"}]


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"c": (1, 1000)},
        {"r": (1, 25200, 85)},
        {"r": (1, 8400, 16)},
        {"a": (1, 255, 80, 80), "b": (1, 255, 40, 40), "c": (1, 255, 20, 20)},
        {"a": (1, 80, 80, 80), "b": (1, 80, 40, 40), "c": (1, 80, 20, 20)},
        {"a": (1, 3, 80, 80, 16), "b": (1, 3, 40, 40, 16)},
        {"a": (1, 12800, 1), "b": (1, 12800, 4)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 640, 640) == []


def test_a_decoded_table_may_be_raw_maps_before():
    assert [one.layout for one in undecoded(Yolo5Face(layout="rows"))] == ["channels", "cells"]
    assert undecoded(Yolo5Face()) == ()


def test_anchors_may_be_one_list_a_stride():
    pairs = Yolo5Face((8,), (((4, 5), (8, 10)),))
    flat = Yolo5Face((8,), ((4, 5, 8, 10),))
    given = outputs(pairs, 0.25)
    assert flat.expected(*SIZE) == pairs.expected(*SIZE)
    np.testing.assert_array_equal(flat.decode(given, *SIZE, 0.0).boxes, pairs.decode(given, *SIZE, 0.0).boxes)
    with pytest.raises(ValueError, match="a width and a height"):
        Yolo5Face((8,), ((4, 5, 8),))
