from __future__ import annotations

import json

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


def test_folders_are_looked_through_line_by_line(edgeface_cli, image, options, tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    image.rename(folder / "a.png")
    cv2.imwrite(str(folder / "b.png"), np.zeros((64, 64, 3), np.uint8))
    (folder / "c.png").write_text("not an image")
    ended = edgeface_cli("identify", folder, *options, "--threshold", "0.8", "--top", "2", "--jsonl")
    first, second, third = map(json.loads, ended.out.splitlines())
    assert ended.code == 2
    assert [each["name"] for each in first["faces"]] == ["José", None]
    assert [len(each["candidates"]) for each in first["faces"]] == [2, 2]
    assert (second["faces"], "error" in third) == ([], True)
    ended = edgeface_cli("identify", folder, *options, "--threshold", "0.8")
    assert "2 face(s), 1 of them known, in 2 image(s) or frame(s)\nthreshold: 0.800 (as given)" in ended.out
    assert edgeface_cli("identify", folder, *options, "--out", tmp_path / "drawn.png").code == 2


def test_a_video_says_who_is_in_it(edgeface_cli, image, options, tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (64, 64))
    for _ in range(3):
        writer.write(cv2.imread(str(image)))
    writer.release()
    ended = edgeface_cli("identify", tmp_path / "clip.avi", *options, "--threshold", "0.8")
    assert "3 frame(s): José in 3" in ended.out


def test_further_candidates_have_rows_of_their_own(edgeface_cli, image, options):
    _, _, second, *_ = edgeface_cli("identify", image, *options, "--threshold", "0.8", "--top", "2").out.splitlines()
    assert second.split()[0] == "Bob"
