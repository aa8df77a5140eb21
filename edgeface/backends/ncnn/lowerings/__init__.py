"""Lowerings of ops, found by module: a module's LOWERINGS maps op classes to functions (emitter, node)."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from edgeface.backends.ncnn.emitter import Emitter, Lowered
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op


@cache
def lowerings() -> dict[type[Op], Lowered]:
    """All lowerings by op class."""
    found: dict[type[Op], Lowered] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").LOWERINGS
    return found


def lowers(op: Op) -> bool:
    """Whether an op has a lowering; the others are emitted as what they expand to."""
    return type(op) in lowerings()


def lower(emitter: Emitter, node: Node) -> None:
    """Write a node's layers.

    Raises:
        GraphError: ncnn has no layer for the op.
    """
    found = lowerings().get(type(node.op))
    if found is None:
        raise GraphError(
            f"{type(node.op).__name__} has no ncnn lowering",
            where=str(node),
            fix="add one under edgeface/backends/ncnn/lowerings/ (CONTRIBUTING.md shows how), or export to tflite-fp32",
        )
    found(emitter, node)
