from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.png"
    cv2.imwrite(str(path), np.full((64, 64, 3), 90, np.uint8))
    return path


def test_faces_are_listed_and_drawn(edgeface_cli, detector_artifact, image, tmp_path):
    drawn = tmp_path / "drawn.png"
    ended = edgeface_cli("detect", image, "--artifact", detector_artifact, "--out", drawn)
    assert ended.code == 0
    assert ended.out.splitlines()[1].split() == ["0.900", "12.0", "4.0", "44.0", "36.0"]
    assert not np.array_equal(cv2.imread(str(drawn)), cv2.imread(str(image)))


def test_json_holds_boxes_and_landmarks(edgeface_cli, detector_artifact, image):
    document = edgeface_cli("detect", image, "--artifact", detector_artifact, "--json").document
    (face,) = document["faces"]
    assert face["box"] == pytest.approx([12, 4, 44, 36], abs=1e-3)
    assert len(face["landmarks"]) == 5
    assert (document["height"], document["width"], document["drawn"]) == (64, 64, None)


def test_no_faces_is_reported_without_an_error(edgeface_cli, detector_artifact, image):
    ended = edgeface_cli("detect", image, "--artifact", detector_artifact, "--threshold", "0.99")
    assert (ended.code, ended.out) == (0, "no faces\n")


@pytest.mark.parametrize("out", ["drawn", "drawn.tiff2", "absent/drawn.jpg", "."])
def test_a_path_that_cannot_be_drawn_to_is_refused_first(edgeface_cli, tmp_path, out):
    ended = edgeface_cli("detect", tmp_path / "absent.jpg", "--artifact", tmp_path / "absent", "--out", tmp_path / out)
    assert ended.code == 2
    assert "absent.jpg" not in ended.err


def test_a_bad_image_or_artifact_exits_2(edgeface_cli, detector_artifact, image, tmp_path):
    text = tmp_path / "text.jpg"
    text.write_text("not an image")
    assert edgeface_cli("detect", text, "--artifact", detector_artifact).code == 2
    assert edgeface_cli("detect", image, "--artifact", tmp_path).code == 2
