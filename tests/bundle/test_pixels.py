"""The runner's own pixels against OpenCV's, bit for bit, and its faces against edgeface's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface.bundle.face_runner.contract import decoding_of
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.pipeline import aligned_face
from edgeface.bundle.face_runner.pipeline import letterbox as letterbox_on_board
from edgeface.bundle.face_runner.resize import enlarge, shrink
from edgeface.bundle.face_runner.warp import warp_affine
from edgeface.contracts import ARCFACE_TEMPLATE, ImageInput
from edgeface.images.files import letterbox, read_image
from edgeface.images.folder import list_images
from edgeface.images.normalize import gray
from edgeface.images.synthetic import synthetic_images
from edgeface.models import family
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.recognition.align import align_face

DETECTOR = family("retinaface_mnet025").variants()["official"]
RECOGNIZER = family("mobilefacenet").variants()["prelu-112x96"]


def matrices(shape, count, seed):
    """Turns, scales and shifts that bring a place in or near an image to the middle of an aligned face."""
    rng = np.random.default_rng([seed, *shape])
    for _ in range(count):
        scale, turn = rng.uniform(0.1, 4), rng.uniform(-np.pi, np.pi)
        c, s = scale * np.cos(turn), scale * np.sin(turn)
        at = rng.uniform((-30, -30), (shape[1] + 30, shape[0] + 30))
        yield np.array([[c, -s, 48 - c * at[0] + s * at[1]], [s, c, 56 - s * at[0] - c * at[1]]])


def warped(image, matrix, height=112, width=96):
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


@pytest.mark.parametrize("size", [(480, 640), (240, 320), (160, 213), (67, 91), (479, 639), (1, 1)])
def test_shrinking_averages_areas_to_opencv_s_bytes(size):
    for image in synthetic_images(2, seed=3):
        wanted = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(shrink(image, *size), wanted)


@pytest.mark.parametrize("size", [(96, 128), (121, 161), (480, 640), (97, 500), (720, 131)])
def test_enlarging_interpolates_to_opencv_s_bytes(size):
    for image in synthetic_images(2, seed=4):
        small = np.ascontiguousarray(image[::5, ::5])
        wanted = cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(enlarge(small, *size), wanted)


def test_an_image_of_one_pixel_can_be_enlarged():
    image = np.array([[[3, 200, 77]]], np.uint8)
    np.testing.assert_array_equal(enlarge(image, 4, 7), np.broadcast_to(image, (4, 7, 3)))


def test_rotated_faces_are_cropped_to_opencv_s_bytes():
    for image in synthetic_images(2, seed=5):
        for matrix in matrices(image.shape, 40, 6):
            np.testing.assert_array_equal(warp_affine(image, matrix, 112, 96), warped(image, matrix))


def test_pixels_outside_the_image_are_black():
    image = np.full((20, 20, 3), 255, np.uint8)
    assert not warp_affine(image, np.array([[1.0, 0, 500], [0, 1, 500]]), 8, 8).any()


@pytest.mark.parametrize("shape", [(480, 640), (37, 200), (900, 64), (64, 96), (65, 96), (64, 97), (2000, 3), (8, 8)])
def test_a_letterboxed_image_matches_edgeface_s(shape):
    spec = DETECTOR.with_input_size(64, 96).input
    image = np.random.default_rng(shape).integers(0, 256, (*shape, 3), np.uint8)
    wanted, scale = letterbox(image, spec)
    tensor, got_scale = letterbox_on_board(image, spec.model_dump())
    assert got_scale == scale
    np.testing.assert_array_equal(tensor.transpose(0, 3, 1, 2), wanted)


@pytest.mark.parametrize("color", ["bgr", "grey"])
@pytest.mark.parametrize(
    "shape", [(480, 640), (37, 200), (900, 64), (65, 96), (64, 97), (20, 500), (500, 20), (64, 96)]
)
def test_a_stretched_or_grey_image_matches_edgeface_s(shape, color):
    spec = ImageInput(height=64, width=96, color=color, mean=17.5, scale=0.25, fit="stretch")
    image = np.random.default_rng(shape).integers(0, 256, (*shape, 3), np.uint8)
    wanted, scale = letterbox(image, spec)
    tensor, got_scale = letterbox_on_board(image, spec.model_dump())
    assert got_scale == scale == (96 / shape[1], 64 / shape[0])
    np.testing.assert_array_equal(tensor.transpose(0, 3, 1, 2), wanted)


def test_gray_is_opencv_s():
    image = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    np.testing.assert_array_equal(gray(image), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def test_an_aligned_face_matches_edgeface_s():
    image = synthetic_images(1, seed=8)[0]
    rng = np.random.default_rng(9)
    for _ in range(40):
        scale, shift = rng.uniform(0.3, 3), rng.uniform((0, 0), (500, 400))
        points = (np.array(ARCFACE_TEMPLATE) * scale + shift + rng.normal(0, 4, (5, 2))).astype(np.float32)
        aligned = aligned_face(image, points, RECOGNIZER.model_dump(mode="json"))
        np.testing.assert_array_equal(aligned, align_face(image, points, RECOGNIZER))


def test_outputs_become_the_same_faces_as_in_edgeface(normal):
    contract = DETECTOR.with_input_size(64, 96)
    count = 2 * (8 * 12 + 4 * 6 + 2 * 3)
    outputs = {"boxes": normal(1, count, 4), "landmarks": normal(1, count, 10)}
    outputs["scores"] = np.clip(np.abs(normal(1, count, 2, scale=0.5)), 0, 1)
    wanted = detect_faces(outputs, contract, 0.37, (170, 250), 0.3)
    got = decoding_of(contract.model_dump(mode="json")).faces(outputs, 0.37, (170, 250), 0.3)
    assert len(wanted) > 10
    assert got == wanted


@pytest.mark.parametrize("changed", [{"decoder": "nowhere"}, {"anchors": {"strides": [8]}}, {"anchors": {"cells": 3}}])
def test_a_contract_that_the_bundle_cannot_decode_is_refused(changed):
    document = {**DETECTOR.model_dump(mode="json"), "parameters": {}, **changed}
    with pytest.raises(RunnerError, match="cannot be used") as caught:
        decoding_of(document)
    assert "retinaface_mnet025" in str(caught.value.where)


@pytest.mark.real_data
def test_images_are_resized_and_cropped_to_opencv_s_bytes(shared_data):
    spec = DETECTOR.with_input_size(240, 320).input
    large = DETECTOR.with_input_size(1080, 1920).input
    for path in list_images(shared_data / "scenes")[::12]:
        image = read_image(path)
        for chosen in (spec, large):
            tensor, _ = letterbox_on_board(image, chosen.model_dump())
            np.testing.assert_array_equal(tensor.transpose(0, 3, 1, 2), letterbox(image, chosen)[0])
        for matrix in matrices(image.shape, 10, 7):
            np.testing.assert_array_equal(warp_affine(image, matrix, 112, 96), warped(image, matrix))
