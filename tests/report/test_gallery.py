import base64

import cv2
import numpy as np
import pytest

from edgeface.report.crop import crop
from edgeface.report.differences import differences
from edgeface.report.gallery import gallery
from edgeface.report.watch import Watcher


def decoded(uri):
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)


def test_a_scene_shows_both_sides_and_marks_what_differs(scenes):
    scene = scenes.scenes[0]
    assert (scene.title, scene.why) == ("1.jpg", "Largest difference of 3")
    first, second = scene.images
    assert {box.kind for box in first.boxes} == {"missed", "moved"}
    assert {box.kind for box in second.boxes} == {"missed", "moved", "extra"}
    assert scene.summary == "1 missed, 1 new, 1 moved; 0 of 3 faces are the same."
    assert all(box.label for box in second.boxes)
    assert "2 faces that fp32 finds" in first.alt
    assert "3 differences marked" in second.alt
    assert "2 faces that tflite-int8 finds" in second.alt


def test_boxes_are_in_percent_of_the_image(scenes, watched):
    sight = watched.chosen()[0][0]
    box = next(box for box in scenes.scenes[0].images[0].boxes if box.kind == "missed")
    face = next(face for face in sight.reference if face.score == pytest.approx(0.8))
    wanted = [100 * edge / 64 for edge in face.box[:2]]
    assert [box.left, box.top] == pytest.approx(wanted, abs=0.01)


def test_shown_images_match_the_originals(scenes, portrait):
    shown = decoded(scenes.scenes[0].images[0].uri)
    assert shown.shape == (64, 64, 3)
    assert np.abs(shown.astype(int) - portrait(1)).mean() < 25  # JPEG halves colors
    assert np.abs(shown.astype(int) - portrait(2)).mean() > 50


def test_names_that_do_not_match_the_images_are_not_used(watched):
    assert gallery(watched, ["1.jpg"], "tflite-int8").scenes[0].title == "image 1"


def test_faces_show_their_cosine(cards):
    cosines = [float(card.cosine) for card in cards.faces]
    assert cosines == sorted(cosines)
    assert decoded(cards.faces[0].image.uri).shape == (112, 112, 3)
    assert "cosine" in cards.faces[0].image.alt


def test_without_images_the_reason_is_shown(detectors):
    contract, *_ = detectors
    assert "--no-images" in gallery(Watcher(contract, images=False), [], "tflite-int8").missing
    assert "synthetic images" in gallery(Watcher(contract), [], "tflite-int8").missing


def test_a_close_up_shows_the_face_where_its_outline_says():
    image = np.zeros((100, 200, 3), np.uint8)
    image[30:50, 120:140] = 255
    from edgeface.tasks.detection.faces import Face

    face = Face((120.0, 30.0, 140.0, 50.0), 0.9, ((125.0, 36.0),) * 5)
    (found,) = differences([face], [])
    closeup = crop(image, found)
    outline = closeup.outline(face)
    assert outline is not None
    x, y, width, height = (value / 100 * len(closeup.image) for value in outline.box)
    inside = closeup.image[round(y) + 4 : round(y + height) - 4, round(x) + 4 : round(x + width) - 4]
    assert inside.min() > 240
    assert closeup.image[: round(y) - 4].max() < 20
    assert closeup.image[:, round(x + width) + 4 :].max() < 20
    assert closeup.outline(None) is None


def test_a_close_up_at_the_edge_is_gray_outside_the_image():
    from edgeface.tasks.detection.faces import Face

    face = Face((0.0, 0.0, 20.0, 20.0), 0.9, ((5.0, 5.0),) * 5)
    (found,) = differences([face], [])
    assert crop(np.full((60, 60, 3), 255, np.uint8), found).image[0, 0].tolist() == [128, 128, 128]
