"""The record beside an artifact: of this very model, and whole, or refused."""

from __future__ import annotations

import json

import pytest

from edgeface.core.artifact import Artifact
from edgeface.core.processor_record import PROCESSOR, ProcessorRecord, TargetRecord, Took, read_processor
from edgeface.errors import InputError


@pytest.fixture
def artifact(detector_artifact):
    return Artifact.open(detector_artifact)


def document(artifact, **changed):
    took = Took(ratio=0.5, low=0.4, high=0.6, ms=3.0)
    made = ProcessorRecord(
        model_sha256=artifact.manifest.model_sha256,
        device="here",
        title="this processor",
        basis="measured here",
        evidence="measured",
        targets=(TargetRecord(target="onnx-fp32", gate="passed", took=took, chosen=True),),
    )
    return {**made.as_dict(), **changed}


def written(artifact, document):
    (artifact.folder / PROCESSOR).write_text(json.dumps(document))


def test_a_record_is_read_as_it_was_written(artifact):
    assert read_processor(artifact) is None
    written(artifact, document(artifact))
    found = read_processor(artifact)
    assert found is not None
    assert found.tells
    assert found.as_dict() == document(artifact)


def test_a_record_of_another_model_is_none(artifact):
    written(artifact, document(artifact, model_sha256="0" * 64))
    assert read_processor(artifact) is None


@pytest.mark.parametrize(
    "change", [{"basis": "guessed"}, {"targets": [{"target": "a"}]}, {"further": 1}, {"device": ""}]
)
def test_a_damaged_record_is_refused_with_its_file(artifact, change):
    written(artifact, document(artifact, **change))
    with pytest.raises(InputError) as caught:
        read_processor(artifact)
    assert PROCESSOR in str(caught.value.where)
