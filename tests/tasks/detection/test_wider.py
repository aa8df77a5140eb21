"""WIDER FACE's evaluation against a slow implementation that goes by its steps one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.tasks.detection.average_precision import whole_area
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.wider import WiderDetections, WiderLabels, wider_curve
from edgeface.tasks.detection.wider_labels import is_wider_folder, read_wider_labels

SQUARE = np.array([[0, 0, 20, 20], [50, 50, 80, 80]], np.float32)


def labels(boxes, *counted):
    return WiderLabels(np.array(boxes, np.float32).reshape(-1, 4), {"easy": np.array(counted, bool)})


def detections(*rows):
    array = np.array(rows, float).reshape(-1, 5)
    return WiderDetections(array[:, :4].astype(np.float32), array[:, 4])


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def slow_image(found, scores, truth):
    """For each number of detections taken, best first: how many proposals count, and how many faces are found."""
    state, proposals, steps = [0] * len(truth.boxes), 0, []
    for index in sorted(range(len(scores)), key=lambda i: -scores[i]):
        overlaps = [overlap(found.boxes[index].tolist(), box) for box in truth.boxes.tolist()]
        best = max(range(len(overlaps)), key=overlaps.__getitem__)
        proposals += 1
        if overlaps[best] >= 0.5:
            if not truth.counted["easy"][best]:
                state[best] = -1
                proposals -= 1
            elif state[best] == 0:
                state[best] = 1
        steps.append((scores[index], proposals, state.count(1)))
    return steps


def precision_of(found, truth, setting):
    return whole_area(wider_curve(found, truth, setting))


def slow_average_precision(found, truth):
    everything = [score for item in found.values() for score in item.scores]
    low, high = min(everything), max(everything)
    steps = {
        name: slow_image(found[name], [(s - low) / (high - low) for s in found[name].scores], truth[name])
        for name in truth
        if len(truth[name].boxes) and len(found[name].scores)
    }
    count = sum(item.counted["easy"].sum() for item in truth.values())
    recall, precision = [0.0], [0.0]
    for t in range(1, 1001):
        reached = [[step for step in steps[name] if step[0] >= 1 - t / 1000] for name in steps]
        proposals = sum(item[-1][1] for item in reached if item)
        hits = sum(item[-1][2] for item in reached if item)
        recall.append(hits / count)
        precision.append(hits / proposals if proposals else 0.0)
    recall.append(1.0)
    precision.append(0.0)
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    return sum((recall[i] - recall[i - 1]) * precision[i] for i in range(1, len(recall)))


@pytest.mark.parametrize("seed", range(4))
def test_the_area_matches_a_direct_implementation(seed):
    rng = np.random.default_rng(seed)
    truth, found = {}, {}
    for index in range(12):
        count = int(rng.integers(0, 6))
        corners = rng.integers(0, 120, (count, 2))
        boxes = np.concatenate([corners, corners + rng.integers(8, 40, (count, 2))], axis=1)
        truth[f"e/{index}"] = labels(boxes, *(rng.random(count) < 0.7))
        near = np.repeat(boxes, 2, axis=0) + rng.integers(-3, 4, (2 * count, 4))
        stray = rng.integers(0, 60, (3, 4)) + np.array([0, 0, 70, 70])
        both = np.concatenate([near, stray]).astype(np.float32)
        chosen = rng.random(len(both)) < 0.8
        found[f"e/{index}"] = WiderDetections(both[chosen], rng.uniform(0.02, 1, len(both))[chosen])
    assert precision_of(found, truth, "easy") == pytest.approx(slow_average_precision(found, truth))


def test_perfect_detections_give_one():
    found = {"a": detections((0, 0, 20, 20, 0.9), (50, 50, 80, 80, 0.3))}
    assert precision_of(found, {"a": labels(SQUARE, 1, 1)}, "easy") == pytest.approx(1.0)


def test_ignored_labels_do_not_change_the_precision():
    found = {"a": detections((0, 0, 20, 20, 0.9), (50, 50, 80, 80, 0.3))}
    assert precision_of(found, {"a": labels(SQUARE, 0, 1)}, "easy") == pytest.approx(1.0)
    assert np.isnan(precision_of(found, {"a": labels(SQUARE, 0, 0)}, "easy"))


def test_a_second_detection_of_a_face_is_false():
    found = {"a": detections((0, 0, 20, 20, 0.9), (1, 1, 20, 20, 0.8), (50, 50, 80, 80, 0.3))}
    assert precision_of(found, {"a": labels(SQUARE, 1, 1)}, "easy") == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_images_without_detections_lower_recall_and_those_without_labels_are_ignored():
    found = {"a": detections((0, 0, 20, 20, 0.5)), "c": detections((0, 0, 20, 20, 0.9))}
    truth = {"a": labels(SQUARE[:1], 1), "b": labels(SQUARE[:1], 1), "c": labels([])}
    assert precision_of(found, truth, "easy") == pytest.approx(0.5)
    assert precision_of({}, truth, "easy") == 0.0


def test_boxes_are_truncated_to_whole_pixels():
    face = Face((1.9, 2.5, 20.99, 30.2), 0.75, ((0.0, 0.0),) * 5)
    found = WiderDetections.of([face])
    assert found.boxes.tolist() == [[1, 2, 20, 30]]
    assert found.scores.tolist() == [0.75]
    assert WiderDetections.of([]).boxes.shape == (0, 4)


def cells(*items):
    """A MATLAB cell column."""
    column = np.empty((len(items), 1), object)
    for index, item in enumerate(items):
        column[index, 0] = item
    return column


@pytest.fixture
def ground_truth(tmp_path):
    from scipy.io import savemat

    listing = {
        "event_list": cells("0--Parade", "1--Handshaking"),
        "file_list": cells(cells("0_Parade_1", "0_Parade_2"), cells("1_Handshaking_1")),
        "face_bbx_list": cells(
            cells(np.array([[1, 2, 10, 20], [3, 4, 5, 6]]), np.zeros((0, 4))), cells([[5, 5, 9, 9]])
        ),
    }
    savemat(tmp_path / "wider_face_val.mat", listing)
    for setting, kept in (("easy", [[1]]), ("medium", [[2]]), ("hard", [[1], [2]])):
        lists = cells(cells(np.array(kept), np.zeros((0, 1))), cells(np.array([[1]])))
        savemat(tmp_path / f"wider_{setting}_val.mat", {"gt_list": lists})
    return tmp_path


def test_the_published_files_are_read(ground_truth):
    assert is_wider_folder(ground_truth)
    truth = read_wider_labels(ground_truth)
    assert list(truth) == ["0--Parade/0_Parade_1", "0--Parade/0_Parade_2", "1--Handshaking/1_Handshaking_1"]
    first = truth["0--Parade/0_Parade_1"]
    assert first.boxes.tolist() == [[1, 2, 11, 22], [3, 4, 8, 10]]
    assert {name: kept.tolist() for name, kept in first.counted.items()} == {
        "easy": [True, False],
        "medium": [False, True],
        "hard": [True, True],
    }
    assert truth["0--Parade/0_Parade_2"].boxes.shape == (0, 4)


def test_damaged_and_missing_files_are_refused(ground_truth):
    (ground_truth / "wider_hard_val.mat").write_bytes(b"no matlab file, but long enough to be read as one" * 10)
    with pytest.raises(InputError, match="cannot read the MATLAB file"):
        read_wider_labels(ground_truth)
    (ground_truth / "wider_hard_val.mat").unlink()
    with pytest.raises(InputError, match="there is no such file"):
        read_wider_labels(ground_truth)


def test_another_matlab_file_is_refused(ground_truth):
    from scipy.io import savemat

    savemat(ground_truth / "wider_hard_val.mat", {"other": [1]})
    with pytest.raises(InputError, match="not WIDER FACE's ground truth"):
        read_wider_labels(ground_truth)
