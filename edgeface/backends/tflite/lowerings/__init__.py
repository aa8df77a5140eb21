"""Lowerings of ops, found by module: a module's LOWERINGS maps op classes to functions (emitter, node)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from edgeface.backends.tflite.emitter import Emitter
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.smooth_activations import Elu

Lowering: TypeAlias = Callable[[Emitter, Node], None]


@cache
def lowerings() -> dict[type[Op], Lowering]:
    """All lowerings by op class."""
    found: dict[type[Op], Lowering] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").LOWERINGS
    return found


def lowers(op: Op) -> bool:
    """Whether an op has a lowering; the others are emitted as what they expand to."""
    return type(op) in lowerings() and (not isinstance(op, Elu) or op.alpha == 1.0)


def lower(emitter: Emitter, node: Node) -> None:
    """Emit a node's operators.

    Raises:
        GraphError: the op has no lowering for TFLite.
    """
    found = lowerings().get(type(node.op))
    if found is None:
        raise GraphError(
            f"{type(node.op).__name__} has no TFLite lowering",
            where=str(node),
            fix="add one under edgeface/backends/tflite/lowerings/ (CONTRIBUTING.md shows how)",
        )
    found(emitter, node)
