"""Inline a model's own functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edgeface.errors import InputError

if TYPE_CHECKING:
    import onnx

MAX_OPERATORS = 5_000
"""Maximum number of operators that functions may expand to: face networks have hundreds."""

_DEEPEST = 100


def inline_functions(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """The model with its functions inlined.

    Raises:
        InputError: functions are recursive, produce too many operators, or do not match their calls.
    """
    from onnx import inliner

    if not model.functions:
        return model
    bodies = {(function.domain, function.name): function.node for function in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size(nodes: Iterable[onnx.NodeProto], depth: int = 0) -> int:
        # A function that calls another twice doubles its size: thirty levels make a billion operators.
        total = 0
        for node in nodes:
            key = (node.domain, node.op_type)
            if depth > _DEEPEST:
                raise InputError("the model's functions are recursive", where=f"{where}: {key[1]}")
            if key in bodies and key not in sizes:
                sizes[key] = size(bodies[key], depth + 1)
            total += sizes.get(key, 1)
        return total

    if size(model.graph.node) > MAX_OPERATORS:
        raise InputError(f"the model's functions expand to more than {MAX_OPERATORS:,} operators", where=where)
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # the inliner raises bare C++ exceptions
        raise InputError(f"the model's functions cannot be inlined: {error}", where=where) from error
