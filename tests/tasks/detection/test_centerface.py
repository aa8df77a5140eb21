"""CenterFace's decoder, and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.centerface import CenterFace, recognized

SIZE = (32, 64)


def outputs(decoder, **values):
    return {role: np.full(shape, values.get(role, 0.0), np.float32) for role, shape in decoder.expected(*SIZE).items()}


def maps(rows, columns, landmarks=10, order=range(4)):
    channels = [1, 2, 2, landmarks]
    return {f"o{index}": (1, channels[index], rows, columns) for index in order if channels[index]}


def test_a_face_lies_about_the_center_of_a_warm_cell():
    given = outputs(CenterFace())
    given["scores"][0, 0, 2, 5] = 0.9
    given["sizes"][0, :, 2, 5] = np.log([2, 4])
    given["offsets"][0, :, 2, 5] = 0.25, -0.5
    given["landmarks"][0, 2:4, 2, 5] = 1.0, 0.5
    found = CenterFace().decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[20 - 8, 11 - 4, 20 + 8, 11 + 4]], rtol=1e-6)
    np.testing.assert_allclose(found.landmarks[0, :2], [[12, 7], [20, 15]], rtol=1e-6)
    assert found.landmarks.shape == (1, 5, 2)


def test_orders_and_forms_are_parameters():
    decoder = CenterFace(8, 0.0, "wh", "xy", "linear", "sigmoid", landmarks=0)
    given = outputs(decoder)
    given["sizes"][0, :, 1, 1] = 4, 2
    given["offsets"][0, :, 1, 1] = 0.25, -0.5
    found = decoder.decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[9], [10 - 16, 4 - 8, 10 + 16, 4 + 8])
    assert (found.scores == 0.5).all()
    assert found.landmarks.shape == (32, 0, 2)


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given = outputs(CenterFace(), scores=value, sizes=value, offsets=value, landmarks=value)
            for form in ("exp", "linear"):
                found = CenterFace(size=form, score="sigmoid").decode(given, *SIZE, 0.0)
                assert np.isfinite(found.boxes).all()
                assert np.isfinite(found.landmarks).all()


@pytest.mark.parametrize("wrong", [{"sizes": "yx"}, {"points": "hw"}, {"size": "log"}, {"offset": 2}, {"stride": 0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"is |are "):
        CenterFace(**wrong)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
@pytest.mark.parametrize("landmarks", [10, 0, 136])
def test_recognised_by_shapes_in_both_readings(order, landmarks):
    shapes = maps(120, 160, landmarks, order)
    found = recognized(shapes, 480, 640)
    assert [one.outputs["sizes"] for one in found] == sorted(("o1", "o2"), key=list(shapes).index)
    for one in found:
        expected = CenterFace(**one.parameters).expected(480, 640)
        assert {role: shapes[name] for role, name in one.outputs.items()} == expected


def test_another_stride_is_a_parameter():
    assert {one.parameters["stride"] for one in recognized(maps(60, 80), 480, 640)} == {8}
    assert recognized(maps(61, 80), 480, 640) == []


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"p": (1, 136)},
        {"h": (1, 68, 120, 160)},
        {"a": (1, 1, 120, 160), "b": (1, 2, 120, 160), "c": (1, 10, 120, 160)},
        {"a": (1, 1, 120, 160), "b": (1, 2, 120, 160), "c": (1, 2, 60, 80)},
        maps(120, 160) | {"more": (1, 512)},
        maps(120, 160, 9),
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 480, 640) == []
