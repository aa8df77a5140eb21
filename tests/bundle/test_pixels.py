"""The runner's own pixels against OpenCV's, bit for bit, and its faces against edgeface's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface.bundle.face_runner.align import align_face as align_on_board
from edgeface.bundle.face_runner.align import similarity_transform as transform_on_board
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.faces import detect_faces as detect_on_board
from edgeface.bundle.face_runner.pipeline import letterbox as letterbox_on_board
from edgeface.bundle.face_runner.resize import enlarge, shrink
from edgeface.bundle.face_runner.warp import warp_affine
from edgeface.contracts import ARCFACE_TEMPLATE
from edgeface.images.files import letterbox, list_images, read_image
from edgeface.images.synthetic import synthetic_images
from edgeface.models import family
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.recognition.align import align_face
from edgeface.tasks.recognition.similarity import similarity_transform

DETECTOR = family("retinaface_mnet025").variants()["official"]
RECOGNISER = family("mobilefacenet").variants()["prelu-112x96"]


def matrices(shape, count, seed):
    """Turns, scales and shifts that bring a place in or near a picture to the middle of an aligned face."""
    rng = np.random.default_rng([seed, *shape])
    for _ in range(count):
        scale, turn = rng.uniform(0.1, 4), rng.uniform(-np.pi, np.pi)
        c, s = scale * np.cos(turn), scale * np.sin(turn)
        at = rng.uniform((-30, -30), (shape[1] + 30, shape[0] + 30))
        yield np.array([[c, -s, 48 - c * at[0] + s * at[1]], [s, c, 56 - s * at[0] - c * at[1]]])


def warped(picture, matrix, height=112, width=96):
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


@pytest.mark.parametrize("size", [(480, 640), (240, 320), (160, 213), (67, 91), (479, 639), (1, 1)])
def test_shrinking_averages_areas_to_opencvs_bytes(size):
    for picture in synthetic_images(2, seed=3):
        wanted = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(shrink(picture, *size), wanted)


@pytest.mark.parametrize("size", [(96, 128), (121, 161), (480, 640), (97, 500), (720, 131)])
def test_enlarging_interpolates_to_opencvs_bytes(size):
    for picture in synthetic_images(2, seed=4):
        small = np.ascontiguousarray(picture[::5, ::5])
        wanted = cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(enlarge(small, *size), wanted)


def test_a_picture_of_one_pixel_can_be_enlarged():
    picture = np.array([[[3, 200, 77]]], np.uint8)
    np.testing.assert_array_equal(enlarge(picture, 4, 7), np.broadcast_to(picture, (4, 7, 3)))


def test_turned_faces_are_cut_out_to_opencvs_bytes():
    for picture in synthetic_images(2, seed=5):
        for matrix in matrices(picture.shape, 40, 6):
            np.testing.assert_array_equal(warp_affine(picture, matrix, 112, 96), warped(picture, matrix))


def test_what_lies_outside_the_picture_is_black():
    picture = np.full((20, 20, 3), 255, np.uint8)
    assert not warp_affine(picture, np.array([[1.0, 0, 500], [0, 1, 500]]), 8, 8).any()


@pytest.mark.parametrize("shape", [(480, 640), (37, 200), (900, 64), (64, 96), (65, 96), (64, 97), (2000, 3), (8, 8)])
def test_a_letterboxed_picture_is_edgefaces_own(shape):
    spec = DETECTOR.with_input_size(64, 96).input
    picture = np.random.default_rng(shape).integers(0, 256, (*shape, 3), np.uint8)
    wanted, scale = letterbox(picture, spec)
    tensor, got_scale = letterbox_on_board(picture, spec.model_dump())
    assert got_scale == scale
    np.testing.assert_array_equal(tensor.transpose(0, 3, 1, 2), wanted)


def test_an_aligned_face_is_edgefaces_own():
    picture = synthetic_images(1, seed=8)[0]
    rng = np.random.default_rng(9)
    for _ in range(40):
        scale, shift = rng.uniform(0.3, 3), rng.uniform((0, 0), (500, 400))
        points = (np.array(ARCFACE_TEMPLATE) * scale + shift + rng.normal(0, 4, (5, 2))).astype(np.float32)
        ours, theirs = (f(points, RECOGNISER.template) for f in (transform_on_board, similarity_transform))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-11)
        aligned = align_on_board(picture, points, RECOGNISER.template, 112, 96)
        np.testing.assert_array_equal(aligned, align_face(picture, points, RECOGNISER))


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.zeros((4, 2)), [[1e9, 0]] * 5])
def test_landmarks_of_no_face_are_refused(points):
    with pytest.raises(RunnerError):
        transform_on_board(points, ARCFACE_TEMPLATE)


def test_outputs_become_the_faces_that_edgeface_makes_of_them(normal):
    contract = DETECTOR.with_input_size(64, 96)
    count = 2 * (8 * 12 + 4 * 6 + 2 * 3)
    outputs = {"boxes": normal(1, count, 4), "landmarks": normal(1, count, 10)}
    outputs["scores"] = np.clip(np.abs(normal(1, count, 2, scale=0.5)), 0, 1)
    wanted = detect_faces(outputs, contract, 0.37, (170, 250), 0.3)
    got = detect_on_board(outputs, contract.model_dump(mode="json"), 0.37, (170, 250), 0.3)
    assert len(wanted) > 10
    assert [(face.box, face.score, face.landmarks) for face in got] == [
        (face.box, face.score, face.landmarks) for face in wanted
    ]


def test_outputs_of_another_network_are_refused():
    with pytest.raises(RunnerError, match="'boxes' is missing"):
        detect_on_board({}, DETECTOR.model_dump(mode="json"), 1.0, (10, 10), 0.5)


@pytest.mark.real_data
def test_photographs_are_resized_and_cut_to_opencvs_bytes(shared_data):
    spec = DETECTOR.with_input_size(240, 320).input
    large = DETECTOR.with_input_size(1080, 1920).input
    for path in list_images(shared_data / "scenes")[::12]:
        picture = read_image(path)
        for chosen in (spec, large):
            tensor, _ = letterbox_on_board(picture, chosen.model_dump())
            np.testing.assert_array_equal(tensor.transpose(0, 3, 1, 2), letterbox(picture, chosen)[0])
        for matrix in matrices(picture.shape, 10, 7):
            np.testing.assert_array_equal(warp_affine(picture, matrix, 112, 96), warped(picture, matrix))
