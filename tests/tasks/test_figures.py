"""The figures beside a verdict: each says how many cases it rests on, and its interval."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.core.description import Figure
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.task import TASK as DETECTION
from edgeface.tasks.generic.agreement import compare_numbers
from edgeface.tasks.generic.task import TASK as GENERIC
from edgeface.tasks.recognition.agreement import EmbeddingAgreement
from edgeface.tasks.recognition.task import TASK as RECOGNITION

FACES = FaceAgreement(
    matched=98, missed=2, extra=1, score_changes=(0.01,) * 98, landmark_errors_percent=(1.0,) * 98, ious=(0.9,) * 98
)
EMBEDDED = EmbeddingAgreement((0.99, 0.98, 0.995))
NUMBERS = compare_numbers({"y": np.ones((1, 4))}, {"y": np.full((1, 4), 0.9)})


@pytest.mark.parametrize(
    ("task", "found", "cases"),
    [(DETECTION, FACES, "100 faces"), (RECOGNITION, EMBEDDED, "3 faces"), (GENERIC, NUMBERS, "1 images")],
    ids=lambda item: getattr(item, "name", None),
)
def test_every_task_says_what_its_figures_rest_on(task, found, cases):
    figures = task.figures(found.as_dict())
    assert figures[0].cases == cases
    assert all(figure.interval for figure in figures)


def test_shares_have_their_intervals_in_their_unit():
    matched = DETECTION.figures(FACES.as_dict())[0]
    assert matched == Figure("faces matched", "98.0 %", "100 faces", "93.0–99.5 %")  # Wilson's
    assert matched.words == "faces matched 98.0 % (95 % interval 93.0–99.5 %, n = 100 faces)"


@pytest.mark.parametrize("task", [DETECTION, RECOGNITION, GENERIC], ids=lambda task: task.name)
def test_nothing_measured_has_no_figures(task):
    assert task.figures({}) == ()
    assert DETECTION.figures(FaceAgreement().as_dict()) == ()


def test_a_recognizer_with_pairs_states_accuracy_and_its_change():
    side = {
        "pairs": {"same": 300, "different": 300},
        "fold_accuracy": {"mean": 0.98, "intervals": {"pairs": [0.97, 0.99]}},
        "tar_at_far": {"far": 0.01, "caution": None},
    }
    points = {"value": -0.002, "low": -0.006, "high": 0.001}
    verification = {"reference": side, "candidate": side, "change": {"accuracy": points, "tar": points}}
    figures = RECOGNITION.figures({"verification": verification, "threshold": 0.3})
    assert [(figure.value, figure.interval) for figure in figures] == [
        ("98.00 %", "97.00–99.00 %"),
        ("-0.20", "-0.60 to +0.10"),
        ("-0.20", "-0.60 to +0.10"),
    ]
    assert {figure.cases for figure in figures} == {"600 pairs"}


def test_a_detector_with_labels_states_the_precision_that_drops_most():
    precision = {
        "images": 5,
        "reference": {"easy": 0.9, "hard": 0.8},
        "candidate": {"easy": 0.89, "hard": 0.75},
        "change_intervals": {"easy": [-0.02, 0.0], "hard": [-0.1, 0.0]},
        "labeled_faces": {"easy": 10, "hard": 40},
    }
    (figure,) = DETECTION.figures({"average_precision": precision})
    assert figure == Figure("points of average precision, hard", "-5.00", "40 labeled faces", "-10.00 to +0.00")
