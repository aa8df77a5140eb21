"""Ops, found by module: a new op is a new file here."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from edgeface.graph.ops.base import Op


@cache
def ops_by_onnx_type() -> dict[str, type[Op]]:
    """The op class for each supported ONNX operator type."""
    found: dict[str, type[Op]] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Op):
                found |= dict.fromkeys(value.onnx_types, value)
    return found
