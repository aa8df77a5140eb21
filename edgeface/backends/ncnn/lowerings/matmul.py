"""Products of two computed matrices."""

from __future__ import annotations

import math

from edgeface.backends.ncnn.emitter import Emitter
from edgeface.errors import GraphError
from edgeface.graph.ir import Node
from edgeface.graph.ops.matmul import MatMul


def lower_matmul(emitter: Emitter, node: Node) -> None:
    """MatMul of matrices, or of as many on both sides."""
    left, right, made = (emitter.graph.type(name).shape for name in (*node.inputs, node.output))
    count = math.prod(made[:-2])
    lead = () if count == 1 else (count,)
    if any(math.prod(shape[:-2]) != count for shape in (left, right)):
        raise GraphError(
            "ncnn multiplies as many matrices on both sides", where=str(node), fix="repeat the operand that has fewer"
        )
    reads = [emitter.read(name, (*lead, *shape[-2:])) for name, shape in zip(node.inputs, (left, right), strict=True)]
    emitter.result(node, "MatMul", reads, shape=(*lead, *made[-2:]))


LOWERINGS = {MatMul: lower_matmul}
