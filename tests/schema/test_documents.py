"""Schemas: current, complete, and kept by every file that is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pages import blocks_of

from edgeface.contracts.read import read_contract
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Manifest
from edgeface.core.certificate import Certificate
from edgeface.core.prediction_record import Predicted, PredictionRecord
from edgeface.errors import InputError
from edgeface.models import families
from edgeface.schema.documents import DOCUMENTS, FILES, fields, schema, schema_file, schema_text
from edgeface.schema.page import PAGE, fields_page
from edgeface.tasks.detection.decoders import parameters_of_decoders

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIX = "run python -m edgeface.schema docs"


def problems(name, document):
    """What a document's schema says of it, unknown keys included."""
    checker = Draft202012Validator(schema(DOCUMENTS[name], strict=True))
    return [f"{each.json_path}: {each.message}" for each in checker.iter_errors(document)]


def as_json(model):
    return json.loads(json.dumps(model.model_dump(mode="json")))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_shipped_schema_is_current_and_valid(name):
    assert (FILES / f"{name}.json").read_text() == schema_text(DOCUMENTS[name]), FIX
    made = json.loads(schema_file(name))
    Draft202012Validator.check_schema(made)
    assert made["$id"] == f"urn:edgeface:schema:{name}:{DOCUMENTS[name].format}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_is_described(name):
    found = list(fields(DOCUMENTS[name]))
    assert len(found) > 5
    assert all(words.endswith(".") for _, _, words in found)


def test_the_page_of_all_fields_is_current():
    assert (DOCS / PAGE).read_text() == fields_page(), FIX


def test_the_certificate_s_page_names_every_key():
    text = (DOCS / "certificate.md").read_text()
    own = {"Certificate", "TensorFigures", "Requirement", "Thresholds"}
    missing = [key for model, key, _ in fields(DOCUMENTS["certificate"]) if model in own and f"`{key}`" not in text]
    assert missing == []


def test_an_unknown_name_is_refused_with_those_that_there_are():
    with pytest.raises(InputError, match="'manifests'") as caught:
        schema_file("manifests")
    assert "manifest" in str(caught.value.fix)


def test_what_an_export_writes_keeps_its_schemas(seeded_artifact):
    folder = seeded_artifact("tflite-int8").folder
    for name, file in (("manifest", MANIFEST), ("certificate", CERTIFICATE)):
        assert problems(name, json.loads((folder / file).read_text())) == []


def test_a_measured_latency_keeps_its_schema(timed_artifact):
    assert problems("latency", json.loads((timed_artifact.folder / "latency.json").read_text())) == []


def test_a_prediction_keeps_its_schema():
    one = Predicted(
        runtime="litert", version="2.3.0", core="a72", threads=2, low_ms=1, expected_ms=2, high_ms=3, fitted_ms=2
    )
    record = PredictionRecord(
        model_sha256="0" * 64, device="rk3399", title="RK3399", cores=(4, 5), threads=2, predictions=(one,)
    )
    assert problems("prediction", as_json(record)) == []


def contracts():
    """Contracts of every family's variants, and of every example of a contract file."""
    for family in families().values():
        yield from family.variants().values()
    for path in sorted((DOCS / "contracts").glob("*.toml")):
        yield read_contract(path, parameters_of_decoders())


def manifest(contract):
    return Manifest(
        name="a",
        target="tflite-int8",
        model_file="model.tflite",
        model_sha256="0" * 64,
        model_bytes=1,
        layout="nhwc",
        io="float",
        macs=1,
        contract=contract,
        sources={},
        versions={},
    )


def test_the_contract_of_every_family_and_decoder_keeps_its_schema():
    found = {}
    for contract in contracts():
        told = as_json(manifest(contract))
        found[contract.family, contract.variant] = problems("manifest", told)
        assert Manifest.model_validate(told).contract == contract
    assert len(found) > 12
    assert {key: said for key, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"format": 1}, "$.format"),
        ({"model_bytes": -1}, "$.model_bytes"),
        ({"layout": "chw"}, "$.layout"),
        ({"colour": "rgb"}, "colour"),
        ({"model_sha256": None}, "$.model_sha256"),
    ],
)
def test_a_manifest_that_is_wrong_is_not_valid(changes, where):
    told = {**as_json(manifest(next(contracts()))), **changes}
    assert any(where in each for each in problems("manifest", told))


def test_a_newer_version_s_keys_are_left_alone():
    told = {**as_json(manifest(next(contracts()))), "later": 1}
    assert list(Draft202012Validator(json.loads(schema_file("manifest"))).iter_errors(told)) == []


def test_a_manifest_of_format_1_is_still_read():
    told = as_json(manifest(next(contracts())))
    del told["files"]
    found = Manifest.model_validate({**told, "format": 1})
    assert (found.format, found.files) == (2, {"model.tflite": "0" * 64})


@pytest.mark.parametrize("written", [None, 2, 3, 4])
def test_a_certificate_of_an_older_format_is_still_read(written):
    told = {
        "target": "tflite-int8", "reference": "torch float32", "passed": True, "tensors": {}, "decisions": None,
        "thresholds": {}, "kernels": {}, "versions": {},
    }  # fmt: skip
    words = ("pictures", "demands", "photographs") if written is None else ("images", "requirements", "images")
    told |= {words[0]: 12, words[1]: [], "kind": words[2]} | ({} if written is None else {"format": written})
    found = Certificate.model_validate(told)
    assert (found.images, found.kind, found.format) == (12, "images", written or 1)
    assert problems("certificate", found.model_copy(update={"format": 4}).as_dict()) == []


def test_the_manifest_that_the_guide_shows_keeps_its_schema():
    (block,) = (block.text for block in blocks_of(DOCS / "integration" / "manifest.md") if block.language == "json")
    shown = json.loads(block.replace('"…"', f'"{"0" * 64}"'))
    assert problems("manifest", shown) == []
    assert as_json(Manifest.model_validate(shown)) == shown
