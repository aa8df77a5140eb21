"""Every format of labels gives the same boxes, and says by file and line what is wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.evaluation.labels import read_labeled
from edgeface.tasks.detection.average_precision import whole_area
from edgeface.tasks.detection.faces import Face

SIZE = (80, 100)  # height, width
FACES = {"a/one.png": [(10, 20, 30, 50), (40.5, 8, 60, 28)], "a/none.png": [], "b/two.png": [(0, 0, 100, 80)]}
Write = Callable[[Path], Path]


def write_voc(folder: Path) -> Path:
    for name, boxes in FACES.items():
        objects = "".join(
            f"<object><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
            for x1, y1, x2, y2 in boxes
        )
        path = (folder / "xml" / name).with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<annotation>{objects}</annotation>")
    return folder / "xml"


def write_wider(folder: Path) -> Path:
    lines = []
    for name, boxes in FACES.items():
        lines += [name, str(len(boxes))]
        lines += [f"{x1} {y1} {x2 - x1} {y2 - y1} 0 0 0 0 0 0 " for x1, y1, x2, y2 in boxes] or ["0 " * 10]
    (folder / "wider_face_val_bbx_gt.txt").write_text("\n".join(lines) + "\n")
    return folder / "wider_face_val_bbx_gt.txt"


def write_headed(folder: Path) -> Path:
    landmarks = " 1.0 2.0 0.0" * 5 + " 0.8"
    lines = []
    for name, boxes in FACES.items():
        lines += [f"# {name}", *(f"{x1} {y1} {x2 - x1} {y2 - y1}{landmarks}" for x1, y1, x2, y2 in boxes)]
    (folder / "label.txt").write_text("\n".join(lines))
    return folder / "label.txt"


def write_yolo(folder: Path, extra: str = "") -> Path:
    height, width = SIZE
    for name, boxes in FACES.items():
        shares = [
            f"0 {(x1 + x2) / 2 / width} {(y1 + y2) / 2 / height} {(x2 - x1) / width} {(y2 - y1) / height}{extra}"
            for x1, y1, x2, y2 in boxes
        ]
        path = (folder / "labels" / name).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(shares))
    return folder / "labels"


def coco() -> dict:
    images = [{"id": 7 + index, "file_name": name} for index, name in enumerate(FACES)]
    annotations = [
        {"image_id": 7 + index, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1], "iscrowd": 0}
        for index, boxes in enumerate(FACES.values())
        for x1, y1, x2, y2 in boxes
    ]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "face"}]}


def write_coco(folder: Path, document: dict | None = None) -> Path:
    (folder / "instances_val.json").write_text(json.dumps(document or coco()))
    return folder / "instances_val.json"


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    for index, name in enumerate(FACES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.full((*SIZE, 3), 60 * index, np.uint8))
    return folder


def boxes_of(labels: Path, images: Path) -> dict[str, list]:
    found = read_labeled(labels, images)
    assert found.unlabeled == ()
    pairs = zip(found.files, found.boxes, strict=True)
    return {file.relative_to(images).as_posix(): np.round(each.boxes, 3).tolist() for file, each in pairs}


WRITERS: dict[str, Write] = {
    "Pascal-VOC": write_voc,
    "WIDER FACE's boxes as text": write_wider,
    "WIDER FACE's boxes": write_headed,
    "YOLO": write_yolo,
    "YOLO boxes": lambda folder: write_yolo(folder, " 0.5 0.5" * 5),
    "COCO": write_coco,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_same_boxes(tmp_path, images, kind):
    labels = WRITERS[kind](tmp_path)
    assert boxes_of(labels, images) == {name: [list(map(float, box)) for box in FACES[name]] for name in FACES}
    assert read_labeled(labels, images).kind.startswith(kind)


@pytest.mark.parametrize("write", [write_wider, write_headed, write_coco])
def test_a_file_of_labels_is_found_in_its_folder(tmp_path, images, write):
    write(images)
    (images / "readme.txt").write_text("about these images")
    (images / "other.json").write_text("[1, 2]")
    assert set(boxes_of(images, images)) == set(FACES)
    assert set(boxes_of(write(images), images)) == set(FACES)


def test_labels_beside_the_images_or_in_a_sibling_are_found(tmp_path, images):
    written = write_yolo(tmp_path)
    assert set(boxes_of(images, images)) == set(FACES)
    written.rename(images / "labels")
    assert set(boxes_of(images, images)) == set(FACES)


def test_what_need_not_be_found_may_be(tmp_path, images):
    face = Face((10.0, 20.0, 30.0, 50.0), 0.9, ())
    text = "a/one.png\n2\n10 20 20 30 0 0 0 1 0 0\n40 8 20 20 0 0 0 0 0 0\n"
    (tmp_path / "val_bbx_gt.txt").write_text(text)
    document = coco()
    document["images"] = document["images"][:1]
    document["annotations"] = document["annotations"][:2]
    document["annotations"][0]["iscrowd"] = 1
    for labels in (tmp_path / "val_bbx_gt.txt", write_coco(tmp_path, document)):
        curve = read_labeled(labels, images).curves([[face]])["all faces"]
        assert (curve.labeled, len(curve.hits), whole_area(curve)) == (1, 0, 0.0)


def test_boxes_without_area_are_left_out(tmp_path, images):
    (tmp_path / "x_bbx_gt.txt").write_text("a/one.png\n2\n10 20 0 30 0 0 0 0 0 0\n40 8 20 20 0 0 0 0 0 0\n")
    assert boxes_of(tmp_path / "x_bbx_gt.txt", images) == {"a/one.png": [[40.0, 8.0, 60.0, 28.0]]}


def test_only_faces_count(tmp_path, images):
    labels = write_yolo(tmp_path)
    with (labels / "b" / "two.txt").open("a") as stream:
        stream.write("\n1 0.5 0.5 0.2 0.2\n")
    with pytest.raises(InputError, match="of classes 0, 1, and which are faces is unknown"):
        read_labeled(labels, images)
    (labels / "classes.txt").write_text("Face\nhand\n")
    assert len(boxes_of(labels, images)["b/two.png"]) == 1
    document = coco()
    document["annotations"].append({"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]})
    assert len(boxes_of(write_coco(tmp_path, document), images)["a/one.png"]) == 2
    del document["categories"]
    with pytest.raises(InputError, match="of categories 1, 2, and which are faces is unknown"):
        read_labeled(write_coco(tmp_path, document), images)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a/one.png\n2\n1 2 3 4 0 0 0 0 0 0\n", "line 1 announces 2 faces, the file has 1 more"),
        ("a/one.png\n1\n1 2 3\n", "line 3 is not a face of 10 numbers"),
        ("a/one.png\n1\n1 2 3 nan 0 0 0 0 0 0\n", "line 3 is not a face"),
        ("a/one.png\n1\n1 2 3 1e300 0 0 0 0 0 0\n", "line 3 is not a face"),
        ("a/one.png\n0\n1 2 3 4 0 0 0 0 0 0\n", "line 3 is not the path of an image"),
        ("a/one.png\n0\na/one.png\n0\n", "line 3 lists an image again"),
        ("a/one.png\n0\na/none.png\n", "line 3 is not followed by the number of faces"),
        ("a/one.png\n0\na/absent.png\n0\n", "1 of 2 images are missing: a/absent.png"),
        ("../one.png\n0\n", "is not below the folder"),
        ("# a/one.png\n1 2 3\n", "line 2 is not a face of 4 numbers"),
        ("# a/one.png\n# a note\n", "line 2 is not the path of an image"),
    ],
)
def test_a_bad_list_is_refused_by_line(tmp_path, images, text, message):
    (tmp_path / "label.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labeled(tmp_path / "label.txt", images)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 0.5 0.5 0.2", "line 2 is not a box"),
        ("0 50 50 20 20", "line 2 is no box of shares"),
        ("0 0.5 0.5 0 0.2", "line 2 is no box of shares"),
        ("0 0.5 0.5 0.2 inf", "line 2 is not a box"),
        ("0.5 0.5 0.5 0.2 0.2", "line 2 is not a box"),
    ],
)
def test_a_bad_yolo_line_is_refused(tmp_path, images, line, message):
    path = write_yolo(tmp_path) / "b" / "two.txt"
    path.write_text(f"0 0.5 0.5 0.2 0.2\n{line}\n")
    with pytest.raises(InputError, match=message) as caught:
        read_labeled(tmp_path / "labels", images)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.pop("images"), "there is no list `images`"),
        (lambda d: d["images"][1].pop("file_name"), r"images\[1\] has no id or no file_name"),
        (lambda d: d["images"][1].update(id=7), r"images\[1\] has the id 7 of another"),
        (lambda d: d["images"][1].update(file_name="a/one.png"), "listed twice"),
        (lambda d: d["annotations"][1].update(image_id=99), r"annotations\[1\] is of image 99"),
        (lambda d: d["annotations"][1].update(bbox=[1, 2, 3]), r"annotations\[1\] has no bbox"),
        (lambda d: d["annotations"][1].update(bbox=[1, 2, 3, "4"]), r"annotations\[1\] has no bbox"),
        (lambda d: d["annotations"][1].update(bbox=[1, 2, 3, 1e300]), r"annotations\[1\] has no bbox"),
        (lambda d: d["annotations"].append(3), r"annotations\[3\] is no table"),
        (lambda d: d["annotations"][1].update(bbox=[1, 2, 3, math.inf]), "not a finite number"),
    ],
)
def test_a_bad_coco_file_is_refused(tmp_path, images, damage, message):
    document = coco()
    damage(document)
    with pytest.raises(InputError, match=message) as caught:
        read_labeled(write_coco(tmp_path, document), images)
    assert "instances_val.json" in caught.value.where


def test_several_formats_or_files_are_refused(tmp_path, images):
    for write in (write_wider, write_coco):
        write(images)
    with pytest.raises(InputError, match="several formats: WIDER FACE's boxes as text, COCO boxes"):
        read_labeled(images, images)
    (images / "instances_train.json").write_text(json.dumps(coco()))
    with pytest.raises(InputError, match="holds 2 files of labels: instances_train"):
        read_labeled(images, images)


def test_what_is_no_labels_is_refused(tmp_path, images):
    (tmp_path / "labels.csv").write_text("a,b,c")
    for labels in (tmp_path / "labels.csv", images):
        with pytest.raises(InputError, match="no image has labels in a known format") as caught:
            read_labeled(labels, images)
        assert "COCO boxes" in str(caught.value.fix)
