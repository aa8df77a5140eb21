"""The decoder of YuNet (2022 and later), and what it is recognised by."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.yunet import YuNet, recognized

SIZE = (64, 96)


def outputs(decoder, **values):
    return {
        role: np.full(shape, values.get(role.split("_")[0], 0.0), np.float32)
        for role, shape in decoder.expected(*SIZE).items()
    }


def shapes_of(height, width, batch=True, landmarks=10):
    """Twelve outputs (nine without landmarks) of public models, under names that say nothing, in no order."""
    found = {}
    for stride in (16, 32, 8):
        for columns in (4, 1, landmarks, 1):
            rows = (-(-height // stride) * -(-width // stride), columns)
            if columns:
                found[f"o{len(found) * 7 % 13}"] = (1, *rows) if batch else rows
    return found


def test_a_face_is_offset_from_the_corner_of_its_cell():
    given = outputs(YuNet())
    row = 6 + 4  # of stride 16: row 1, column 4
    given["classes_1"][0, row], given["objects_1"][0, row] = 0.81, 0.64
    given["boxes_1"][0, row] = 0.5, -0.25, np.log(2), np.log(4)
    given["landmarks_1"][0, row, 2:4] = 0.5, -0.25
    found = YuNet().decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes, [[72 - 16, 12 - 32, 72 + 16, 12 + 32]], rtol=1e-6)
    np.testing.assert_allclose(found.landmarks[0, :2], [[64, 16], [72, 12]])
    np.testing.assert_allclose(found.scores, [0.72])


def test_logits_offset_and_no_landmarks_are_parameters():
    decoder = YuNet((8,), 0.5, score="sigmoid", landmarks=0)
    found = decoder.decode(outputs(decoder), *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[1], [12 - 4, 4 - 4, 12 + 4, 4 + 4])
    assert (found.scores == 0.5).all()
    assert found.landmarks.shape == (96, 0, 2)


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            given = outputs(YuNet(), classes=value, objects=value, boxes=value, landmarks=value)
            found = YuNet().decode(given, *SIZE, 0.0)
        assert np.isfinite(found.boxes).all()
        assert ((found.scores >= 0) & (found.scores <= 1)).all()


@pytest.mark.parametrize("wrong", [{"score": "softmax"}, {"maps": "round"}, {"offset": "half"}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match="is "):
        YuNet(**wrong)


@pytest.mark.parametrize("size", [(640, 640), (320, 320), (120, 160), (100, 90)])
@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("landmarks", [10, 0, 12])
def test_recognised_by_shapes(size, batch, landmarks):
    shapes = shapes_of(*size, batch, landmarks)
    (found,) = recognized(shapes, *size)
    decoder = YuNet(**found.parameters)
    assert (decoder.strides, decoder.landmarks) == ((8, 16, 32), landmarks // 2)
    assert sorted(name for names in found.outputs.values() for name in names) == sorted(shapes)
    for role, shape in decoder.expected(*size).items():
        kind, index = role.split("_")
        assert shapes[found.outputs[kind][int(index)]] in (shape, shape[1:])


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"p": (1, 136)},
        {"c": (1, 1000)},
        {"a": (1, 8400, 4), "b": (1, 8400, 1), "c": (1, 8400, 1)},
        {name: shape for name, shape in shapes_of(640, 640).items() if name != "o7"},
        shapes_of(640, 640) | {"more": (1, 3, 80, 80)},
        shapes_of(512, 512),
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 640, 640) == []
