from __future__ import annotations

import numpy as np
import pytest

from edgeface.contracts import ARCFACE_TEMPLATE, ImageInput, RecognitionContract
from edgeface.errors import InputError
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.similarity import similarity_transform

TEMPLATE = np.array(ARCFACE_TEMPLATE)
CONTRACT = RecognitionContract(
    family="f",
    variant="v",
    activation="prelu",
    width=4,
    input=ImageInput(height=112, width=112, color="rgb", mean=(0,) * 3),
)


def turned(points, degrees, scale, shift):
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ rotation.T + shift


def apply(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize("degrees", [0, 30, -100, 180])
def test_a_rotated_scaled_and_shifted_template_maps_back_to_itself(degrees):
    points = turned(TEMPLATE, degrees, 3.7, (900, -40))
    matrix = similarity_transform(points, TEMPLATE)
    assert (matrix.shape, matrix.dtype) == ((2, 3), np.float64)
    np.testing.assert_allclose(apply(matrix, points), TEMPLATE, atol=1e-9)


def test_the_transform_is_the_least_squares_similarity():
    points = turned(TEMPLATE, 20, 2, (5, 6)) + np.random.default_rng(1).normal(size=(5, 2), scale=6)
    rows, wanted = [], TEMPLATE.reshape(-1)
    for x, y in points:  # the same four unknowns, a, b, shift x and y, by a general solver
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
    (a, b, tx, ty), *_ = np.linalg.lstsq(np.array(rows), wanted, rcond=None)
    np.testing.assert_allclose(similarity_transform(points, TEMPLATE), [[a, -b, tx], [b, a, ty]], atol=1e-9)


def test_a_mirrored_face_is_not_reflected():
    matrix = similarity_transform(TEMPLATE * [-1, 1], TEMPLATE)
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize(
    "points",
    [
        np.full((5, 2), 7.0),
        np.where(np.eye(5, 2) > 0, np.nan, TEMPLATE),
        np.where(np.eye(5, 2) > 0, np.inf, TEMPLATE),
        TEMPLATE * 1e300,
        TEMPLATE[:4],
        TEMPLATE.reshape(-1),
    ],
)
def test_points_that_are_not_a_face_are_refused(points):
    with pytest.raises(InputError, match="landmarks") as caught:
        similarity_transform(points, TEMPLATE)
    assert caught.value.fix


def test_points_that_no_rotation_maps_closer_are_refused():
    corners = np.array([(1, 0), (0, 1), (-1, 0), (0, -1), (0, 0)], float)
    with pytest.raises(InputError, match="no rotation"):
        similarity_transform(corners * [1, -1], corners)


def test_the_face_is_cropped_upright_with_bilinear_sampling():
    rows, columns = np.mgrid[0:200, 0:300].astype(np.float64)
    ramp = np.stack([columns * 0.8, rows, np.zeros_like(rows)], axis=-1)
    landmarks = turned(TEMPLATE, 25, 1.3, (100, 10))
    face = align_face(np.round(ramp).astype(np.uint8), landmarks, CONTRACT)
    assert (face.shape, face.dtype) == ((112, 112, 3), np.uint8)
    for (x, y), (column, row) in zip(TEMPLATE, landmarks, strict=True):
        blue, green, red = face[round(y), round(x)].astype(float)
        assert (blue / 0.8, green, red) == pytest.approx((column, row, 0), abs=2)


def test_a_face_on_the_template_is_cropped_unchanged():
    image = np.random.default_rng(2).integers(0, 256, (150, 160, 3), np.uint8)
    np.testing.assert_array_equal(align_face(image, TEMPLATE + np.array((20, 30)), CONTRACT), image[30:142, 20:132])


def test_pixels_outside_the_image_are_black():
    face = align_face(np.full((112, 112, 3), 200, np.uint8), TEMPLATE - (56, 0), CONTRACT)
    assert not face[:, :56].any()
    assert (face[:, 56:] == 200).all()


def test_size_and_template_follow_the_contract():
    narrow = CONTRACT.model_copy(
        update={
            "input": CONTRACT.input.model_copy(update={"width": 96}),
            "template": tuple((x - 8, y) for x, y in ARCFACE_TEMPLATE),
        }
    )
    image = np.random.default_rng(3).integers(0, 256, (112, 112, 3), np.uint8)
    np.testing.assert_array_equal(align_face(image, TEMPLATE, narrow), image[:, 8:104])


@pytest.mark.parametrize(
    "image",
    [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32), np.zeros((0, 9, 3), np.uint8)],
)
def test_an_array_that_is_not_an_image_is_refused(image):
    with pytest.raises(InputError, match="uint8"):
        align_face(image, TEMPLATE, CONTRACT)


def test_an_image_longer_than_a_warp_can_address_is_refused():
    with pytest.raises(InputError, match="32766"):
        align_face(np.zeros((8, 40_000, 3), np.uint8), TEMPLATE, CONTRACT)
