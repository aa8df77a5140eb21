"""The JSON schema of each document, from the type that reads it.

A schema's `$id` names the document and its format. Within a format keys are only added, so that a schema does not
refuse keys that it does not know; `strict` makes one that does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from edgeface.contracts import Anchors
from edgeface.core.artifact import FORMAT, Manifest
from edgeface.core.certificate import Certificate
from edgeface.core.prediction_record import PredictionRecord
from edgeface.core.processor_record import ProcessorRecord
from edgeface.errors import InputError, did_you_mean
from edgeface.reading.document import read_text
from edgeface.reading.kinds import OWN
from edgeface.schema.record_words import RECORD_WORDS
from edgeface.schema.records import BundleRecord, LatencyRecord
from edgeface.schema.words import WORDS

FILES = Path(__file__).with_name("files")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS = {**WORDS, **RECORD_WORDS}
_SSD_FURTHER: Mapping[str, Mapping[str, Any]] = {
    "landmarks": {"type": "integer", "minimum": 0},
    "columns": {"type": "integer", "minimum": 1},
    "background": {"type": "integer", "minimum": 0},
    "score": {"enum": ["as-is", "softmax", "sigmoid"]},
    "box": {"enum": ["ssd", "corners", "pixels"]},
}
"""Parameters of `ssd` besides those of `Anchors`, which a contract keeps as they are given."""


@dataclass(frozen=True)
class Document:
    """A file that others read: its name, its format, and the type that reads it."""

    name: str
    file: str
    format: int
    model: type[BaseModel]


DOCUMENTS: Mapping[str, Document] = {
    each.name: each
    for each in (
        Document("manifest", "manifest.json", FORMAT, Manifest),
        Document("certificate", "certificate.json", 4, Certificate),
        Document("prediction", "prediction.json", 1, PredictionRecord),
        Document("processor", "processor.json", 1, ProcessorRecord),
        Document("latency", "latency.json", 1, LatencyRecord),
        Document("bundle", "bundle.json", 1, BundleRecord),
    )
}


def schema_file(name: str) -> str:
    """The schema of a document, as it ships with the package.

    Raises:
        InputError: no document has this name.
    """
    if name not in DOCUMENTS:
        known = ", ".join(DOCUMENTS)
        raise InputError(f"no schema is called {name!r}", fix=f"{did_you_mean(name, DOCUMENTS)}use one of {known}")
    return read_text(FILES / f"{name}.json", OWN)


def schema_text(document: Document) -> str:
    """The text of a document's schema, as `FILES` holds it."""
    return json.dumps(schema(document), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def schema(document: Document, strict: bool = False) -> dict[str, Any]:
    """The schema of a document as edgeface writes it.

    Args:
        document: the document.
        strict: refuse keys that the schema does not name, as a newer version may write.
    """
    made = document.model.model_json_schema()
    models = {document.model.__name__: made, **made.get("$defs", {})}
    if "DetectionContract" in models:
        models["Anchors"] = made["$defs"]["Anchors"] = _anchors()
        _with_parameters(models["DetectionContract"])
    _as_written(document, made)
    for name, model in models.items():
        _describe(name, model)
    for part in _objects(made):
        part.pop("title", None)
        if not strict and part.get("additionalProperties") is False:
            del part["additionalProperties"]
    head = {"$schema": DIALECT, "$id": f"urn:edgeface:schema:{document.name}:{document.format}"}
    return {**head, "title": f"edgeface {document.file}, format {document.format}", **made}


def fields(document: Document) -> Iterator[tuple[str, str, str]]:
    """Each field of a document: its model, its name, and what it means; models in the order of their first use."""
    made = schema(document)
    for name, model in {document.model.__name__: made, **made.get("$defs", {})}.items():
        for key, field in model.get("properties", {}).items():
            yield name, key, field["description"]


def _anchors() -> dict[str, Any]:
    made = Anchors.model_json_schema()
    made["properties"] |= {key: dict(rule) for key, rule in _SSD_FURTHER.items()}
    return made


def _with_parameters(contract: dict[str, Any]) -> None:
    """Say that `ssd` has its parameters under another key than the other decoders."""
    properties = contract["properties"]
    properties["parameters"] = {"$ref": "#/$defs/Parameters"}
    properties["anchors"] = {"$ref": "#/$defs/Anchors"}
    contract["required"] = [key for key in contract["required"] if key != "anchors"]
    contract["oneOf"] = [{"required": ["anchors"]}, {"required": ["decoder", "parameters"]}]


def _as_written(document: Document, made: dict[str, Any]) -> None:
    """Ask for the format that is written, and for what certificates say besides their fields."""
    made["properties"]["format"] = {"const": document.format}
    made["required"] = sorted({"format", *made.get("required", [])})
    if document.model is Certificate:
        made["properties"]["verdict"] = {"enum": ["good", "unsure", "bad"]}
        made["required"] = sorted({"verdict", *made["required"]})


def _describe(name: str, model: dict[str, Any]) -> None:
    words = _WORDS.get(name, {})
    if "properties" in model:
        model["properties"] = {key: {**rule, "description": words[key]} for key, rule in model["properties"].items()}
    told = model.get("description")
    if told is not None:
        model["description"] = " ".join(told.partition("\n\n")[0].split())


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema."""
    inner: Callable[[Any], Iterator[dict[str, Any]]] = _objects
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            for each in value.values() if key in ("properties", "$defs") else [value]:
                yield from inner(each)
    elif isinstance(node, list):
        for each in node:
            yield from inner(each)
