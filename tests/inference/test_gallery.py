from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface import FacePipeline
from edgeface.errors import InputError
from edgeface.inference.gallery import FolderGallery, list_gallery, name_faces, read_gallery

BLACK = np.zeros((64, 64, 3), np.uint8)


@pytest.fixture
def pipeline(faces_artifact, recognizer_artifact):
    return FacePipeline.open(faces_artifact, recognizer_artifact)


@pytest.fixture
def folder(tmp_path, portrait):
    """Ann and Bob have one image each, Cleo a folder of two."""
    gallery = tmp_path / "gallery"
    (gallery / "Cleo").mkdir(parents=True)
    cv2.imwrite(str(gallery / "Ann.png"), portrait(1))
    cv2.imwrite(str(gallery / "Bob.png"), portrait(2))
    cv2.imwrite(str(gallery / "Cleo" / "1.png"), portrait(3))
    cv2.imwrite(str(gallery / "Cleo" / "2.png"), portrait(3, noise=30))
    return gallery


def test_people_are_sub_folders_and_images_by_name(folder):
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("not an image")
    people = list_gallery(folder)
    assert {name: [path.name for path in paths] for name, paths in people.items()} == {
        "Ann": ["Ann.png"],
        "Bob": ["Bob.png"],
        "Cleo": ["1.png", "2.png"],
    }


def test_a_folder_and_an_image_of_one_name_are_one_person(folder, portrait):
    cv2.imwrite(str(folder / "Cleo.png"), portrait(3))
    assert len(list_gallery(folder)["Cleo"]) == 3


@pytest.mark.parametrize("what", ["absent", "a file", "empty", "an empty person"])
def test_a_folder_that_is_not_a_gallery_is_refused(folder, tmp_path, what):
    other = {"absent": tmp_path / "absent", "a file": folder / "Ann.png"}.get(what, tmp_path / "other")
    if what.startswith(("empty", "an")):
        other.mkdir()
    if what == "an empty person":
        (other / "Dan").mkdir()
    with pytest.raises(InputError) as caught:
        list_gallery(other)
    assert caught.value.fix


def test_each_person_is_the_mean_of_their_images(folder, pipeline, portrait):
    gallery = read_gallery(folder, pipeline)
    assert gallery.names == ("Ann", "Bob", "Cleo")
    assert (gallery.embeddings.shape, gallery.embeddings.dtype) == ((3, 16), np.float32)
    np.testing.assert_allclose(np.linalg.norm(gallery.embeddings, axis=1), 1, atol=1e-6)
    images = [cv2.imread(str(folder / "Cleo" / f"{index}.png")) for index in (1, 2)]
    mean = sum(pipeline.main_face(image).embedding for image in images)
    np.testing.assert_allclose(gallery.embeddings[2], mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_array_equal(gallery.embeddings[0], pipeline.main_face(portrait(1)).embedding)


def test_faces_get_the_nearest_name_or_none(folder, pipeline, portrait):
    gallery = read_gallery(folder, pipeline)
    (cleo,) = name_faces([pipeline.main_face(portrait(3, noise=10))], gallery, 0.7)
    assert (cleo.name, cleo.nearest.name) == ("Cleo", "Cleo")
    assert 0.9 < cleo.nearest.similarity <= 1
    (stranger,) = name_faces([pipeline.main_face(portrait(5))], gallery, 0.7)
    assert stranger.name is None
    assert stranger.nearest.name in gallery.names
    assert name_faces([], gallery, 0.7) == []


def test_images_that_cannot_be_used_are_all_named(folder, pipeline):
    cv2.imwrite(str(folder / "Dan.png"), BLACK)
    (folder / "Cleo" / "3.jpg").write_text("not an image")
    with pytest.raises(InputError, match="2 images") as caught:
        read_gallery(folder, pipeline)
    assert "Dan.png: no face" in caught.value.where
    assert "3.jpg: not an image" in caught.value.where


def test_one_image_that_cannot_be_used_is_named_with_its_own_fix(folder, pipeline):
    cv2.imwrite(str(folder / "Dan.png"), BLACK)
    with pytest.raises(InputError, match="no face") as caught:
        read_gallery(folder, pipeline)
    assert caught.value.where == str(folder / "Dan.png")
    assert "--face-threshold" in caught.value.fix


def test_images_that_have_one_failing_keep_their_common_fix(folder, pipeline):
    for name in map(str, range(12)):
        cv2.imwrite(str(folder / f"{name}.png"), BLACK)
    with pytest.raises(InputError, match="12 images") as caught:
        read_gallery(folder, pipeline)
    assert caught.value.where.endswith("and 4 more")
    assert "--face-threshold" in caught.value.fix


def test_the_first_by_name_among_equals_is_nearest():
    gallery = FolderGallery(("Ann", "Bob", "Cleo"), np.array([[1, 0], [1, 0], [0, 1]], np.float32))
    nearest = gallery.nearest(np.array([1, 0], np.float32), 5)
    assert [match.name for match in nearest] == ["Ann", "Bob", "Cleo"]
