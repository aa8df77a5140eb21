"""Artifacts: manifest, certificate and model of a folder that someone else gave."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import edgeface
from edgeface.contracts import ARCFACE_TEMPLATE
from edgeface.core.artifact import Artifact
from edgeface.core.prediction_record import PREDICTION, read_prediction
from edgeface.report.prediction import prediction
from tests.hostile import sketch
from tests.hostile.case import Case, Kind, refused
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.kinds import tflite
from tests.hostile.onnx_lies import lied as onnx_lied
from tests.hostile.onnx_models import FILE as ONNX
from tests.hostile.onnx_models import seeds as onnx_seeds
from tests.hostile.values import Document, json_bytes, lied, not_finite

MODEL, MANIFEST, CERTIFICATE = "model.tflite", "manifest.json", "certificate.json"
SIDE, WIDTH = 64, 16


def _contract(task: str) -> Document:
    declared = {"family": "mine", "variant": "own", "task": task, "activation": None}
    size = {
        "name": "input",
        "height": SIDE,
        "width": SIDE,
        "colour": "bgr",
        "mean": [104.0, 117.0, 123.0],
        "scale": [1.0] * 3,
    }
    if task == "recognition":
        size |= {"height": 112, "width": 112, "mean": [127.5] * 3, "scale": [1 / 128] * 3}
        template = [list(point) for point in ARCFACE_TEMPLATE]
        return {**declared, "input": size, "output": "embedding", "width": WIDTH, "flip": True, "template": template}
    anchors = {"strides": [8, 16, 32], "sizes": [[16, 32], [64, 128], [256, 512]], "variances": [0.1, 0.2]}
    outputs = {"boxes": "boxes", "scores": "scores", "landmarks": "landmarks"}
    return {**declared, "input": size, "anchors": anchors, "outputs": outputs, "score_threshold": 0.6, "nms_iou": 0.4}


def manifest_of(task: str, model: bytes) -> Document:
    """The manifest of a model."""
    digest = hashlib.sha256(model).hexdigest()
    return {
        "format": 2,
        "name": task,
        "target": "tflite-fp32",
        "model_file": MODEL,
        "model_sha256": digest,
        "model_bytes": len(model),
        "files": {MODEL: digest},
        "layout": "nhwc",
        "io": "float",
        "macs": 106752,
        "contract": _contract(task),
        "sources": {"weights": {"file": "w.pth", "sha256": digest}},
        "versions": {"edgeface": "0.2.0"},
        "quantization": None,
        "engines": None,
    }


def _certificate() -> Document:
    figures = {"snr_db": 90.0, "max_abs": 1e-4, "cosine": 1.0}
    requirement = {"what": "snr_db", "limit": "at least 10 dB", "measured": "90 dB", "met": True}
    return {
        "format": 2,
        "passed": True,
        "images": 20,
        "kind": "images",
        "tensors": {"boxes": figures},
        "decisions": {"faces": 10},
        "requirements": [requirement],
        "target": "tflite-fp32",
        "reference": "torch",
        "thresholds": {"snr_db": 10.0},
        "kernels": {"operators": 3},
        "versions": {"edgeface": "0.2.0"},
    }


@cache
def models() -> dict[str, bytes]:
    """A detector and a recognizer."""
    return {"detection": sketch.one_face(SIDE), "recognition": sketch.embedder(112, WIDTH)}


def folder_of(task: str) -> dict[str, bytes]:
    """A valid artifact's files."""
    model = models()[task]
    texts = {MANIFEST: json.dumps(manifest_of(task, model)), CERTIFICATE: json.dumps(_certificate())}
    return {MODEL: model, **{name: text.encode() for name, text in texts.items()}}


def make(draw: Draw) -> Case:
    """An artifact whose manifest, certificate or model lies."""
    task = draw.one(sorted(models()))
    note, files, door, wrong = draw.one(_MADE)(draw, task)
    return Case(f"{task}: {note}", files, door, wrong)


_Made = tuple[str, dict[str, bytes], Callable[[Path], Any], Callable[[Any], str | None]]


def _lying_manifest(draw: Draw, task: str) -> _Made:
    files = folder_of(task)
    changed, note = lied(draw, json.loads(files[MANIFEST]))
    files[MANIFEST] = json_bytes(changed)
    return f"manifest: {note}", files, _used, _wrong


def _damaged_manifest(draw: Draw, task: str) -> _Made:
    files = folder_of(task)
    files[MANIFEST], note = damaged(draw, files[MANIFEST], files[CERTIFICATE])
    return f"manifest: {note}", files, _used, _wrong


def _certificate_lies(draw: Draw, task: str) -> _Made:
    files = folder_of(task)
    if draw.chance(0.7):
        changed, note = lied(draw, json.loads(files[CERTIFICATE]))
        files[CERTIFICATE] = json_bytes(changed)
    else:
        files[CERTIFICATE], note = damaged(draw, files[CERTIFICATE], files[MANIFEST])

    def read(folder: Path) -> Any:
        return Artifact.open(folder).certificate().as_dict()

    return f"certificate: {note}", files, read, no_number_lies


def _prediction(model: bytes) -> Document:
    found = {
        "runtime": "litert",
        "version": "2.3.0",
        "core": "a72",
        "threads": 2,
        "bound": "loads",
        "evidence": "counts",
    }
    times = {"low_ms": 10.0, "expected_ms": 20.0, "high_ms": 30.0, "fitted_ms": 30.0, "caveats": ["an idle board"]}
    candidate = {"target": "tflite-int8", "gate": "passed", "why": "", "predicted": found | times, "chosen": True}
    board = {
        "device": "rk3399",
        "title": "A board",
        "cores": [4, 5],
        "threads": 2,
        "missing": None,
        "why": "it is quick",
    }
    of = {"format": 1, "model_sha256": hashlib.sha256(model).hexdigest()}
    return {**of, **board, "predictions": [found | times], "candidates": [candidate]}


def _prediction_lies(draw: Draw, task: str) -> _Made:
    files = folder_of(task)
    document = _prediction(files[MODEL])
    if draw.chance(0.7):
        changed, note = lied(draw, document)
        data = json_bytes(changed)
    else:
        data, note = damaged(draw, json.dumps(document).encode(), files[MANIFEST])

    def read(folder: Path) -> Any:
        found = read_prediction(Artifact.open(folder))
        shown = prediction(found)
        return None if found is None or shown is None else found.as_dict() | {"shown": [shown.lead, *shown.evidence]}

    return f"prediction: {note}", {**files, PREDICTION: data}, read, no_number_lies


def no_number_lies(answer: Any) -> str | None:
    """A complaint about a number in a certificate that is not finite."""
    return not_finite(answer)


def _changed_model(draw: Draw, task: str) -> _Made:
    """Another model than the manifest's: never opened."""
    files = folder_of(task)
    files[MODEL], note = damaged(draw, files[MODEL])
    return f"model: {note}", files, lambda folder: str(Artifact.open(folder)), refused("a model that was changed")


def _hostile_model(draw: Draw, task: str) -> _Made:
    """A model that lies, in a manifest that matches it."""
    note, data = "", b""
    if draw.chance(0.4):
        data, note = damaged(draw, models()[task])
    else:
        data, note, _ = tflite.changed(draw, "one_face" if task == "detection" else "embedder")
    files = {**folder_of(task), MODEL: data, MANIFEST: json.dumps(manifest_of(task, data)).encode()}
    return f"its own model: {note}", files, _used, _wrong


def _hostile_onnx(draw: Draw, task: str) -> _Made:
    """A recognizer's ONNX model that lies, in a manifest that matches it."""
    name = draw.one(("embedder", "arithmetic"))
    if draw.chance(0.4):
        data, note = damaged(draw, onnx_seeds()[name])
    else:
        data, note = onnx_lied(draw, name)
    digest = hashlib.sha256(data).hexdigest()
    document = manifest_of("recognition", data)
    document |= {"target": "onnx-fp32", "model_file": ONNX, "files": {ONNX: digest}, "layout": "nchw"}
    document["contract"] |= {"output": "y", "width": 8}
    document["contract"]["input"] |= {"name": "x", "height": 32, "width": 32}
    return f"its own ONNX: {note}", {ONNX: data, MANIFEST: json.dumps(document).encode()}, _used, _wrong


def _odd_folder(draw: Draw, task: str) -> _Made:
    files = folder_of(task)
    document = json.loads(files[MANIFEST])
    odd = draw.one(
        (
            "../model.tflite",
            "/etc/hostname",
            "sub/model.tflite",
            ".",
            "",
            "manifest.json",
            "\x1b[31m.tflite",
            "model.onnx",
        )
    )
    act = draw.below(4)
    if act == 0:
        del files[draw.one((MODEL, MANIFEST))]
    elif act == 1:
        document |= {"model_file": odd, "files": {odd: document["model_sha256"]}}
        files[MANIFEST] = json.dumps(document).encode()
    elif act == 2:
        document["files"][odd] = document["model_sha256"]
        files[MANIFEST] = json.dumps(document).encode()
    else:
        files[draw.one((MODEL, MANIFEST))] = b""
    return f"a folder where {odd!r} or something is amiss: {act}", files, _used, refused("an incomplete artifact")


_MADE = (
    _lying_manifest,
    _lying_manifest,
    _damaged_manifest,
    _certificate_lies,
    _prediction_lies,
    _changed_model,
    _hostile_model,
    _hostile_model,
    _odd_folder,
    _hostile_onnx,
)


def _used(folder: Path) -> Any:
    """Open, load, and look at an image: what it says of it."""
    artifact = Artifact.open(folder)
    loaded = edgeface.load(folder)
    image = np.full((40, 48, 3), 90, np.uint8)
    if isinstance(loaded, edgeface.Detector):
        said: Any = [(face.score, [float(v) for v in face.box]) for face in loaded.detect(image)]
    else:
        height, width = loaded.contract.input.height, loaded.contract.input.width
        said = [float(v) for v in loaded.embed(np.zeros((height, width, 3), np.uint8))[:8]]
    return {"contract": artifact.contract, "said": said}


def _wrong(answer: Any) -> str | None:
    found = not_finite(answer["contract"])
    if found is None and any(not math.isfinite(value) for value in _flat(answer["said"])):
        found = f"decided {answer['said']}"
    return found


def _flat(said: Any) -> list[float]:
    return [value for item in said for value in (_flat(item) if isinstance(item, list | tuple) else [item])]


def _prepared() -> None:
    models()
    tflite.seeds()
    onnx_seeds()
    import tempfile

    for task in models():  # and LiteRT is loaded once, which no input shall be charged with
        with tempfile.TemporaryDirectory() as folder:
            for name, content in folder_of(task).items():
                (Path(folder) / name).write_bytes(content)
            assert _wrong(_used(Path(folder))) is None
            Artifact.open(Path(folder)).certificate()


KIND = Kind(make, share=120, prepare=_prepared)
