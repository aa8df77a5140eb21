from __future__ import annotations

import json

import pytest

from edgeface.core.artifact import Artifact
from edgeface.core.prediction_record import (
    PREDICTION,
    CandidateRecord,
    Predicted,
    PredictionRecord,
    read_prediction,
    write_prediction,
)
from edgeface.errors import InputError

FOUND = Predicted(
    runtime="litert", version="2", core="a72", threads=2, low_ms=1.5, expected_ms=2.5, high_ms=3.5, fitted_ms=3.5
)


def record(artifact, **changed):
    given = {
        "model_sha256": artifact.manifest.model_sha256,
        "device": "rk3399",
        "title": "A board",
        "cores": (4, 5),
        "threads": 2,
        "predictions": (FOUND,),
        "candidates": (CandidateRecord(target="a", gate="passed", predicted=FOUND, chosen=True),),
        "why": "it is quick",
    }
    return PredictionRecord.model_validate(given | changed)


@pytest.fixture
def artifact(detector_artifact):
    return Artifact.open(detector_artifact)


def test_a_record_is_read_as_it_was_written(artifact):
    assert read_prediction(artifact) is None
    write_prediction(artifact.folder, record(artifact))
    assert read_prediction(artifact) == record(artifact)
    assert read_prediction(artifact).predictions[0].fps == 400


def test_a_record_of_another_model_file_is_none(artifact):
    write_prediction(artifact.folder, record(artifact, model_sha256="0" * 64))
    assert read_prediction(artifact) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("threads", 0),
        ("device", "a\nb"),
        ("cores", [4000]),
        ("predictions", [{}]),
        ("candidates", 3),
        ("more", 1),
        ("title", None),
    ],
)
def test_a_damaged_record_is_bad_input_that_names_the_file(artifact, key, value):
    document = record(artifact).as_dict() | {key: value}
    (artifact.folder / PREDICTION).write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        read_prediction(artifact)
    assert PREDICTION in str(caught.value.where)
    (artifact.folder / PREDICTION).write_text("{")
    with pytest.raises(InputError):
        read_prediction(artifact)


def test_what_runtimes_said_is_one_line_of_visible_text(artifact):
    write_prediction(artifact.folder, record(artifact, missing="it\nsaid \x1b[31m no", why="x" * 5000))
    found = read_prediction(artifact)
    assert "\n" not in found.missing
    assert "\x1b" not in found.missing
    assert len(found.why) == 2000


@pytest.mark.parametrize("ms", [0, -1, float("nan"), float("inf")])
def test_times_are_positive_numbers(ms):
    with pytest.raises(ValueError, match="expected_ms"):
        Predicted.model_validate(FOUND.model_dump() | {"expected_ms": ms})
