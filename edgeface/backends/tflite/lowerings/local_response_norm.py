"""LOCAL_RESPONSE_NORMALIZATION."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.local_response_norm import LocalResponseNorm


def lower_local_response_norm(emitter: Emitter, node: Node) -> None:
    """LOCAL_RESPONSE_NORMALIZATION, whose alpha is that of each channel."""
    op = node.op
    assert isinstance(op, LocalResponseNorm)
    options = schema.LocalResponseNormalizationOptionsT()
    options.radius, options.bias = op.size // 2, op.bias
    options.alpha, options.beta = op.alpha / op.size, op.beta
    emitter.emit("LOCAL_RESPONSE_NORMALIZATION", [emitter.read(node, 0)], [emitter.result(node)], options)


LOWERINGS: dict[type[Op], Any] = {LocalResponseNorm: lower_local_response_norm}
