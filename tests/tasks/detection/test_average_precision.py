from pathlib import Path

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.tasks.detection.average_precision import LabeledDetections, average_precision
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.pascal_voc import read_labels

POINTS = ((0.0, 0.0),) * 5
LABELS = np.array([[0, 0, 20, 20], [50, 50, 80, 80]], np.float32)
OBJECT = "<object><name>face</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31</xmax><ymax>42</ymax></bndbox></object>"


def at(x: float, y: float, side: float, score: float) -> Face:
    return Face((x, y, x + side, y + side), score, POINTS)


def test_perfect_detections_give_one() -> None:
    assert average_precision([LabeledDetections([at(0, 0, 20, 0.9), at(50, 50, 30, 0.5)], LABELS)]) == 1.0


def test_half_of_the_faces_gives_half() -> None:
    assert average_precision([LabeledDetections([at(0, 0, 20, 0.9)], LABELS)]) == 0.5
    assert average_precision([LabeledDetections([], LABELS)]) == 0.0


def test_false_and_double_detections_cost_precision_by_their_score() -> None:
    false_first = [at(200, 0, 20, 0.95), at(0, 0, 20, 0.9), at(50, 50, 30, 0.5)]
    assert average_precision([LabeledDetections(false_first, LABELS)]) == pytest.approx(2 / 3)
    double = [at(0, 0, 20, 0.9), at(1, 0, 20, 0.8), at(50, 50, 30, 0.5)]
    assert average_precision([LabeledDetections(double, LABELS)]) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_images_are_ranked_together() -> None:
    first = LabeledDetections([at(0, 0, 20, 0.4)], LABELS[:1])
    second = LabeledDetections([at(0, 0, 20, 0.9)], np.zeros((0, 4), np.float32))
    assert average_precision([first, second]) == 0.5


def test_small_labels_and_their_detections_are_ignored() -> None:
    found = [at(0, 0, 20, 0.9), at(50, 50, 30, 0.5)]
    assert average_precision([LabeledDetections(found, LABELS)], min_side_px=25) == 1.0
    assert np.isnan(average_precision([LabeledDetections(found, LABELS)], min_side_px=99))


def test_pascal_voc_boxes_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(f"<?xml version='1.0'?><annotation><!-- a -->{OBJECT}{OBJECT}</annotation>")
    np.testing.assert_array_equal(read_labels(tmp_path / "a.xml"), [[1, 2, 31, 42]] * 2)
    (tmp_path / "b.xml").write_text("<annotation/>")
    assert read_labels(tmp_path / "b.xml").shape == (0, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation>", "not XML"),
        ("<labels/>", "not a Pascal-VOC"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation>&b;</annotation>", "document type"),
        ("<annotation><object/></annotation>", "no whole bndbox"),
        (f"<annotation>{OBJECT}</annotation>".replace("31", "0"), "empty box"),
        (f"<annotation>{OBJECT}</annotation>".replace("31", "nan"), "empty box"),
    ],
)
def test_bad_labels_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "a.xml")


def test_missing_and_binary_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_labels(tmp_path / "absent.xml")
    (tmp_path / "a.xml").write_bytes(b"\xff\xfe<\0a\0")
    with pytest.raises(InputError, match="UTF-8"):
        read_labels(tmp_path / "a.xml")
