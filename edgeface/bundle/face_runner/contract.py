"""Decoding of the detector's outputs, by its contract in bundle.json."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.contracts.output_roles import flat_roles
from edgeface.tasks.detection.decoding import Decoding

SSD = "ssd"
"""The decoder of contracts that name none; its parameters are under `anchors`."""

_FIX = "pack the bundle again"


def decoding_of(contract: Mapping[str, Any]) -> Decoding:
    """The decoding of a detector's contract.

    Raises:
        RunnerError: the bundle lacks the contract's decoder, or its parameters are wrong.
    """
    name, where = contract.get("decoder", SSD), f"{contract['family']} ({contract['variant']})"
    given = contract.get("anchors" if name == SSD else "parameters")
    if not isinstance(name, str) or not name.isidentifier() or not isinstance(given, Mapping):
        raise RunnerError("the contract has no decoder, or no parameters of one", where, _FIX)
    try:
        kind = import_module(f"edgeface.tasks.detection.decoders.{name}").DECODER
        decoder = kind(**{key: _as_tuples(value) for key, value in given.items()})
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise RunnerError(f"the decoder {name!r} cannot be used: {error}", where, _FIX) from error
    size = contract["input"]
    try:
        names = flat_roles(contract["outputs"])
    except ValueError as error:
        raise RunnerError(f"the contract's outputs cannot be used: {error}", where, _FIX) from error
    return Decoding(decoder, names, size["height"], size["width"], contract["nms_iou"], where)


def _as_tuples(value: Any) -> Any:
    """A JSON value with lists as tuples, as in validated contracts."""
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value
