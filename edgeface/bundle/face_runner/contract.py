"""Decoding of the detector's outputs, by its contract in bundle.json."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.tasks.detection.decoding import Decoding

SSD = "ssd"
"""The decoder of contracts that name none; its parameters are under `anchors`."""


def decoding_of(contract: Mapping[str, Any]) -> Decoding:
    """The decoding of a detector's contract.

    Raises:
        RunnerError: the bundle lacks the contract's decoder, or its parameters are wrong.
    """
    name = contract.get("decoder", SSD)
    parameters = contract["anchors"] if name == SSD else contract["parameters"]
    where = f"{contract['family']} ({contract['variant']})"
    try:
        kind = import_module(f"edgeface.tasks.detection.decoders.{name}").DECODER
        decoder = kind(**{key: _as_tuples(value) for key, value in parameters.items()})
    except (ImportError, AttributeError, TypeError) as error:
        raise RunnerError(f"the decoder {name!r} cannot be used: {error}", where, "pack the bundle again") from error
    size = contract["input"]
    return Decoding(decoder, contract["outputs"], size["height"], size["width"], contract["nms_iou"], where)


def _as_tuples(value: Any) -> Any:
    """A JSON value with lists as tuples, as in validated contracts."""
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value
