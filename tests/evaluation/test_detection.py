from __future__ import annotations

import json

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.evaluation.detection import DetectionRequest, evaluate_detection

NEAR, FAR = (12, 20, 44, 52), (44, 4, 60, 20)  # where `faces_artifact` finds faces in images of 64×64


def write_boxes(path, *boxes):
    names = ("xmin", "ymin", "xmax", "ymax")
    objects = "".join(
        "<object><bndbox>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, box, strict=True))
        + "</bndbox></object>"
        for box in boxes
    )
    path.write_text(f"<annotation>{objects}</annotation>")


@pytest.fixture
def images(people):
    return people / "P1"


def test_perfect_detections_have_an_average_precision_of_one(images, faces_artifact):
    for file in list(images.glob("*.png")):
        write_boxes(file.with_suffix(".xml"), NEAR, FAR)
    found = evaluate_detection(DetectionRequest(faces_artifact, images, images))
    assert found.average_precision == {"all faces": 1.0, "faces from 10 px": 1.0}
    assert (found.images, found.unlabeled, found.changes) == (2, (), {})


def test_images_without_labels_are_left_out_and_named(images, faces_artifact):
    write_boxes(images / "P1_0002.xml", NEAR, FAR, (0, 0, 6, 6))
    found = evaluate_detection(DetectionRequest(faces_artifact, images, images))
    assert (found.images, found.unlabeled) == (1, ("P1_0001.png",))
    assert found.average_precision["faces from 10 px"] == 1.0
    assert found.average_precision["all faces"] == pytest.approx(2 / 3)


def test_a_reference_gives_the_change_and_the_agreement(images, faces_artifact, detector_artifact):
    write_boxes(images / "P1_0001.xml", NEAR, FAR)
    found = evaluate_detection(DetectionRequest(detector_artifact, images, images, faces_artifact))
    assert found.reference_average_precision["all faces"] == 1.0
    assert found.changes["all faces"] < 0
    assert found.agreement.reference_faces == 2
    assert found.precision_changes["all faces"].high < 0
    document = found.as_dict()
    assert document["agreement"]["matched_percent_interval"][0] < document["agreement"]["matched_percent"] + 1
    assert json.loads(json.dumps(document)) == document


def test_without_labels_there_is_only_agreement(images, faces_artifact):
    found = evaluate_detection(DetectionRequest(faces_artifact, images, reference=faces_artifact))
    # The second image is the first with noise: it shows nothing more.
    assert (found.images, found.agreement.matched, found.agreement.missed, found.agreement.extra) == (1, 2, 0, 0)
    assert found.average_precision == {}


def test_neither_labels_nor_reference_is_refused(images, faces_artifact):
    with pytest.raises(InputError, match="nothing to evaluate"):
        evaluate_detection(DetectionRequest(faces_artifact, images))


def test_folders_without_labels_are_refused(images, faces_artifact, tmp_path):
    with pytest.raises(InputError, match="no image has labels in a known format"):
        evaluate_detection(DetectionRequest(faces_artifact, images, tmp_path))
    with pytest.raises(InputError, match="--labels: there is no such file or folder"):
        evaluate_detection(DetectionRequest(faces_artifact, images, tmp_path / "absent"))


@pytest.fixture
def wider(tmp_path, people):
    """Ground truth in which each of `people` is an event of two images with the two faces."""
    from scipy.io import savemat

    def column(items):
        cells = np.empty((len(items), 1), object)
        for index, item in enumerate(items):
            cells[index, 0] = item
        return cells

    events = sorted(folder.name for folder in people.iterdir())
    boxes = np.array([[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in (NEAR, FAR)], float)
    folder = tmp_path / "ground_truth"
    folder.mkdir()
    names = column([column([f"{event}_000{number}" for number in (1, 2)]) for event in events])
    faces = column([column([boxes, boxes]) for _ in events])
    savemat(folder / "wider_face_val.mat", {"event_list": column(events), "file_list": names, "face_bbx_list": faces})
    for setting, kept in (("easy", [[1]]), ("medium", [[1], [2]]), ("hard", [[1], [2]])):
        lists = column([column([np.array(kept), np.array(kept)]) for _ in events])
        savemat(folder / f"wider_{setting}_val.mat", {"gt_list": lists})
    return folder


def test_wider_face_s_settings_are_evaluated(wider, people, faces_artifact, darken):
    darken(people / "P1" / "P1_0001.png")
    found = evaluate_detection(DetectionRequest(faces_artifact, people, wider))
    assert found.labeled == "WIDER FACE"
    assert found.images == 8
    assert found.average_precision == pytest.approx({"easy": 7 / 8, "medium": 7 / 8, "hard": 7 / 8})


def test_missing_images_of_wider_face_are_listed(wider, people, faces_artifact):
    (people / "P1" / "P1_0001.png").unlink()
    with pytest.raises(InputError, match="1 of 8 images are missing: P1/P1_0001"):
        evaluate_detection(DetectionRequest(faces_artifact, people, wider))
