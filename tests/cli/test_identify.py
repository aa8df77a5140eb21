from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture
def people(tmp_path, portrait):
    gallery = tmp_path / "gallery"
    (gallery / "Bob").mkdir(parents=True)
    cv2.imwrite(str(gallery / "José.png"), portrait(1))
    cv2.imwrite(str(gallery / "Bob" / "1.png"), portrait(2))
    return gallery


@pytest.fixture
def image(tmp_path, portrait):
    path = tmp_path / "image.png"
    cv2.imwrite(str(path), portrait(1, noise=10))
    return path


@pytest.fixture
def options(faces_artifact, recognizer_artifact, people):
    return "--gallery", people, "--detector", faces_artifact, "--recognizer", recognizer_artifact


def test_each_face_gets_a_name_or_is_unknown(edgeface_cli, image, options):
    ended = edgeface_cli("identify", image, *options, "--threshold", "0.8")
    assert ended.code == 0
    _, main, other, *_ = ended.out.splitlines()
    assert main.split()[:2] == ["José", "José"]
    assert other.split()[0] == "unknown"
    assert "threshold: 0.800 (as given)" in ended.out


def test_json_holds_names_and_nearest(edgeface_cli, image, options):
    document = edgeface_cli("identify", image, *options, "--threshold", "0.8", "--json").document
    assert document["people"] == ["Bob", "José"]
    assert (document["threshold"], document["threshold_source"]) == (0.8, "given")
    main, other = document["faces"]
    assert (main["name"], main["nearest"]) == ("José", "José")
    assert main["similarity"] > 0.95
    assert other["name"] is None
    assert other["nearest"] in document["people"]
    assert len(main["landmarks"]) == 5


def test_names_are_drawn(edgeface_cli, image, options, tmp_path):
    drawn, detected = tmp_path / "drawn.png", tmp_path / "detected.png"
    ended = edgeface_cli("identify", image, *options, "--out", drawn)
    assert f"written: {drawn}" in ended.out
    edgeface_cli("detect", image, "--artifact", options[3], "--out", detected)
    images = [cv2.imread(str(path)) for path in (image, drawn, detected)]
    assert not np.array_equal(images[1], images[0])
    assert not np.array_equal(images[1], images[2])


def test_an_image_without_faces_names_nobody(edgeface_cli, options, tmp_path):
    black = tmp_path / "black.png"
    cv2.imwrite(str(black), np.zeros((64, 64, 3), np.uint8))
    ended = edgeface_cli("identify", black, *options)
    assert (ended.code, ended.out.splitlines()[0]) == (0, "no faces")


def test_gallery_images_that_cannot_be_used_are_all_named(edgeface_cli, image, options, people):
    cv2.imwrite(str(people / "Dan.png"), np.zeros((64, 64, 3), np.uint8))
    (people / "Bob" / "2.jpg").write_text("not an image")
    ended = edgeface_cli("identify", image, *options)
    assert ended.code == 2
    assert "Dan.png" in ended.err
    assert "2.jpg" in ended.err


def test_a_path_that_cannot_be_drawn_to_is_refused_first(edgeface_cli, options, tmp_path):
    ended = edgeface_cli("identify", tmp_path / "absent.jpg", *options, "--out", tmp_path / "drawn.txt")
    assert ended.code == 2
    assert "absent.jpg" not in ended.err
