"""Recipes, contracts and budgets: TOML that a user writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from edgeface.budgets.read_budget import read_budget
from edgeface.compile.recipe import read_recipe
from edgeface.contracts import ARCFACE_TEMPLATE
from edgeface.tasks.declared import declared_contract
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.values import DEEP, lied, not_finite, toml_bytes

_INPUT = {"name": "input", "height": 64, "width": 64, "color": "bgr", "mean": [104.0, 117.0, 123.0], "scale": [1.0] * 3}
_OUTPUTS = {"boxes": "boxes", "scores": "scores", "landmarks": "landmarks"}
_ANCHORS = {"strides": [8, 16, 32], "sizes": [[16, 32], [64, 128], [256, 512]], "variances": [0.1, 0.2]}


def _documents() -> dict[str, tuple[Callable[[Path], Any], dict[str, Any]]]:
    gate = {"max_abs": 5e-4, "snr_db": 90.0, "matched_percent": 100.0, "extra_percent": 0.0, "max_partitions": 3}
    recipe = {
        "model": "retinaface_mnet025",
        "input": {"height": 480, "width": 640},
        "quantize": {
            "algorithms": ["cross_layer_equalization"],
            "calibration_images": 40,
            "ranges": {"method": "percentile", "percentile": 99.9999, "headroom": 0.1},
            "keep_float": {"*Head.*": "a finer step"},
        },
        "half": {"keep_float": {"*stage1*": "cancels"}},
        "gates": {"onnx-fp32": gate, "official:tflite-int8": {"snr_db": 10.0, "mean_score_change": 0.012}},
    }
    declared = {"family": "mine", "variant": "first", "input": _INPUT}
    detector = {**declared, "task": "detection", "score_threshold": 0.6, "nms_iou": 0.4}
    detector |= {"decoder": "ssd", "anchors": _ANCHORS, "outputs": _OUTPUTS}
    recognizer = {**declared, "task": "recognition", "output": "embedding", "width": 128, "flip": True}
    recognizer["template"] = [list(point) for point in ARCFACE_TEMPLATE]
    image = {"size": [64, 96], "multiple_of": 32, "color": "rgb", "mean": 127.5, "scale": 0.5, "fit": "stretch"}
    decode = {"strides": [8, 16], "per_cell": 2, "box": "distance", "variances": [0.1, 0.2], "anchors": []}
    roles = {"scores": ["a", "b"], "boxes": ["c", "d"], "landmarks": ["e", "f"]}
    scales = {"task": "detection", "family": "scrfd", "input": image, "outputs": roles, "decode": decode}
    aligned = {"template": "arcface", "columns": [8, 104], "normalised": False, "flip": True}
    embedding = {"task": "recognition", "width": 8, "input": image, "outputs": {"e": "e"}, "recognition": aligned}
    grey = {"size": [8, 24], "layout": "nhwc", "swapped_axes": True, "color": "grey", "mean": 0, "crop": 1.2}
    numbers = {"task": "landmarks", "input": grey, "outputs": {"points": "out", "angles": ["a", "b"]}}
    budget = {
        "name": "small",
        "title": "Small",
        "input": [112, 112],
        "notes": ["a note"],
        "aliases": {"other": "the same"},
        "limits": {"lfr_flops": {"at_most": "1 GFLOP", "why": "so"}, "fp32_bytes": {"below": "20 MB"}},
        "sources": [{"document": "d", "section": "s", "url": "https://example.org"}],
    }
    return {
        "recipe": (read_recipe, recipe),
        "detector": (declared_contract, detector),
        "recognizer": (declared_contract, recognizer),
        "scales": (declared_contract, scales),
        "embedding": (declared_contract, embedding),
        "numbers": (declared_contract, numbers),
        "budget": (read_budget, budget),
    }


@cache
def documents() -> dict[str, tuple[Callable[[Path], Any], dict[str, Any]]]:
    """What is valid, with its reader."""
    return _documents()


def make(draw: Draw) -> Case:
    """A document with values that lie, or TOML that is damaged."""
    name = draw.one(sorted(documents()))
    read, document = documents()[name]
    if draw.chance(0.75):
        changed, note = lied(draw, document)
        data = toml_bytes(changed)
    elif draw.chance(0.7):
        data, note = damaged(draw, toml_bytes(document), toml_bytes(documents()["budget"][1]))
    else:
        data, note = _odd_text(draw, toml_bytes(document))
    return Case(f"{name}: {note}", {f"{name}.toml": data}, lambda folder: read(folder / f"{name}.toml"), not_finite)


def _odd_text(draw: Draw, valid: bytes) -> tuple[bytes, str]:
    texts = {
        "nothing": b"",
        "a mark of byte order": b"\xef\xbb\xbf" + valid,
        "UTF-16": valid.decode().encode("utf-16"),
        "Latin-1": valid.replace(b"mine", b"m\xefne"),
        "carriage returns": valid.replace(b"\n", b"\r"),
        "brackets": b"x = " + b"[" * DEEP + b"]" * DEEP,
        "braces": b"x = " + b"{a = " * DEEP + b"1" + b"}" * DEEP,
        "a long key": b".".join([b"a"] * 400) + b" = 1",
        "digits": b"model = " + b"9" * 5000,
        "twice": valid + valid,
        "a date": b"model = 1979-05-27T07:32:00Z\n" + valid,
        "text without end": b'model = """' + b"x" * 50_000,
        "too large": b"# " + b"x" * (1 << 21),
    }
    name = draw.one(sorted(texts))
    return texts[name], name


KIND = Kind(make, share=170, prepare=documents)
