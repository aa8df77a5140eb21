"""The recognizer's contract as a C header, for the example in C."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from edgeface.bundle.face_runner.open_network import open_network


def c_contract(files: Mapping[str, bytes]) -> bytes:
    """The header face_contract.h, from a bundle's settings and recognizer.

    Raises:
        RunnerError: the runtime does not load the recognizer.
    """
    settings = json.loads(files["bundle.json"])
    contract = settings["recognizer"]["contract"]
    stored, got = open_network(files, settings["recognizer"]["model"]).storage()
    image = contract["input"]
    pixels = image["height"] * image["width"] * len(image["mean"])
    defined = {
        "FACE_HEIGHT": image["height"],
        "FACE_WIDTH": image["width"],
        "FACE_CHANNELS": len(image["mean"]),
        "FACE_IS_RGB": int(image["colour"] == "rgb"),
        "FACE_MEAN": _floats(image["mean"]),
        "FACE_SCALE": _floats(image["scale"]),
        "FACE_INPUT_BYTES": pixels * stored["bytes"],
        **_quantization("FACE_INPUT", stored),
        "FACE_OUTPUT_BYTES": contract["width"] * got["bytes"],
        **_quantization("FACE_OUTPUT", got),
        "FACE_EMBEDDING": contract["width"],
        "FACE_FLIP": int(contract["flip"]),
        "FACE_THRESHOLD": repr(settings["thresholds"]["match"]),
    }
    lines = ["/* Written by `edgeface bundle`: the recognizer of this bundle. */", "#ifndef FACE_CONTRACT_H_"]
    lines += ["#define FACE_CONTRACT_H_", ""]
    lines += [f"#define {name} {value}" for name, value in defined.items()]
    return "\n".join([*lines, "", "#endif", ""]).encode("ascii")


def _quantization(prefix: str, storage: Mapping[str, Any]) -> dict[str, Any]:
    if storage["scale"] is None:
        return {f"{prefix}_IS_FLOAT": 1}
    minimum = {"int8": -128, "uint8": 0}[storage["dtype"]]
    return {
        f"{prefix}_IS_FLOAT": 0,
        f"{prefix}_TYPE": {"int8": "signed char", "uint8": "unsigned char"}[storage["dtype"]],
        f"{prefix}_SCALE": f"{storage['scale']!r}f",
        f"{prefix}_ZERO_POINT": storage["zero_point"],
        f"{prefix}_MIN": minimum,
    }


def _floats(values: list[float]) -> str:
    return "{" + ", ".join(f"{float(value)!r}f" for value in values) + "}"
