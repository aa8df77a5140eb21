"""Fused activations as the schema numbers them."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edgeface.graph.ops.base import Op

_KINDS = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
}
LOWERINGS: dict[type[Op], Any] = {}


def fused_activation(op: Op) -> int:
    """The schema's number for the activation that an op applies to its result."""
    return int(_KINDS[op.fused])
