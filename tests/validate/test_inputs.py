from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.images.folder import list_images
from edgeface.inference.detector import Detector
from edgeface.models import family
from edgeface.validate.inputs import synthetic_for, task_images

RECOGNISERS = family("mobilefacenet").variants()
DETECTOR = family("retinaface_mnet025").variants()["official"]


@pytest.fixture
def aligned(tmp_path):
    folder = tmp_path / "aligned"
    folder.mkdir()
    for index in range(3):
        face = np.random.default_rng(index).integers(0, 256, (112, 112, 3), np.uint8)
        cv2.imwrite(str(folder / f"{index}.png"), face)
    return list_images(folder)


def test_a_detector_gets_images_unchanged(images):
    files = list_images(images)
    assert [image.shape for image in task_images(files, "trying", DETECTOR)] == [(120, 160, 3)] * 5


def test_a_recognizer_gets_aligned_faces_unchanged(aligned):
    shown = list(task_images(aligned, "trying", RECOGNISERS["y1"]))
    assert all(np.array_equal(face, cv2.imread(str(file))) for face, file in zip(shown, aligned, strict=True))


def test_a_narrow_recognizer_gets_the_middle_columns_of_aligned_faces(aligned):
    [first, *_] = task_images(aligned, "trying", RECOGNISERS["prelu-112x96"])
    np.testing.assert_array_equal(first, cv2.imread(str(aligned[0]))[:, 8:104])


def test_an_image_without_a_detector_is_refused_by_name(images):
    files = list_images(images)
    with pytest.raises(InputError, match="120×160 pixels is not an aligned face") as raised:
        list(task_images(files, "trying", RECOGNISERS["y1"]))
    assert raised.value.where == str(files[0])
    assert "--detector" in raised.value.fix


def test_a_detector_aligns_the_main_face(images, faces_artifact):
    detector = Detector(Artifact.open(faces_artifact))
    shown = list(task_images(list_images(images), "trying", RECOGNISERS["y1"], detector))
    assert [face.shape for face in shown] == [(112, 112, 3)] * 5


def test_synthetic_images_have_the_size_of_a_recognizer_s_input():
    shown = list(synthetic_for(RECOGNISERS["prelu-112x96"], 2, "trying"))
    assert [image.shape for image in shown] == [(112, 96, 3)] * 2
