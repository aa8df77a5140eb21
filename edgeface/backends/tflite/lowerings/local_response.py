"""LOCAL_RESPONSE_NORMALIZATION, over the channels of an NHWC image."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.local_response import LocalResponse


def lower_local_response(emitter: Emitter, node: Node) -> None:
    """The operator, whose alpha multiplies the sum itself, and whose radius leaves out the value's own channel."""
    assert isinstance(node.op, LocalResponse)
    options = schema.LocalResponseNormalizationOptionsT()
    options.radius, options.bias = node.op.size // 2, node.op.bias
    options.alpha, options.beta = node.op.alpha / node.op.size, node.op.beta
    emitter.emit("LOCAL_RESPONSE_NORMALIZATION", [emitter.read(node, 0)], [emitter.result(node)], options)


LOWERINGS: dict[type[Op], Any] = {LocalResponse: lower_local_response}
