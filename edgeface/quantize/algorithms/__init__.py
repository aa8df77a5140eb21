"""Quantization algorithms, one per module, found by module name: a module here that defines ALGORITHM."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from edgeface.errors import InputError, did_you_mean
from edgeface.quantize.algorithm import Algorithm, Chosen, RangeMethod
from edgeface.reading.invalid import first_invalid

RANGES = "[quantize.ranges] method"
LIST = "[quantize] algorithms"


def algorithms() -> dict[str, Algorithm]:
    """All algorithms by name, sorted."""
    found: dict[str, Algorithm] = {}
    for name in sorted(entry.name for entry in pkgutil.iter_modules(__path__)):
        declared = getattr(importlib.import_module(f"{__name__}.{name}"), "ALGORITHM", None)
        if declared is not None:
            found[name] = declared
    return found


def choose(name: str, parameters: Mapping[str, Any], *, ranges: bool) -> Chosen:
    """The algorithm of that name with its parameters.

    Args:
        name: module name of the algorithm.
        parameters: those that differ from their defaults.
        ranges: whether it must choose ranges rather than correct the graph or its weights.

    Raises:
        InputError: the name is unknown, and the closest one is suggested; it is of the other kind; or a parameter is
            unknown or has an invalid value.
    """
    known = algorithms()
    where = RANGES if ranges else LIST
    if name not in known:
        suited = [other for other, found in known.items() if isinstance(found, RangeMethod) == ranges]
        fix = f"{did_you_mean(name, suited)}known algorithms: {', '.join(suited)}"
        raise InputError(f"unknown quantization algorithm {name!r}", where=where, fix=fix)
    found = known[name]
    if isinstance(found, RangeMethod) != ranges:
        does, section = ("corrects a network", LIST) if ranges else ("chooses ranges", RANGES)
        raise InputError(f"{name!r} {does}", where=where, fix=f"name it in {section}")
    try:
        return Chosen(name, found, found.parameters.model_validate(parameters))
    except ValidationError as error:
        wrong = first_invalid(error)
        known_key = wrong.key in found.parameters.model_fields
        near = "" if known_key else did_you_mean(wrong.key, found.parameters.model_fields)
        takes = ", ".join(found.parameters.model_fields) or "no parameters"
        where = "[quantize.ranges]" if ranges else f"[quantize.parameters.{name}]"
        raise InputError(
            f"{name}, parameter {wrong.told}",
            where=where,
            fix=f"{near}it takes {takes}",
        ) from error
