"""Convert a graph to float16, with float32 inputs and outputs, and float32 where planned."""

from __future__ import annotations

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.quantization import Cast
from edgeface.graph.types import Array, DType
from edgeface.quantize.plan import Precision, QuantPlan
from edgeface.quantize.precision import require_dtypes

HALF_MAX = 65_504.0
DTYPES: tuple[Precision, ...] = ("float16", "float32")
"""Supported dtypes of values."""


def to_half(graph: Graph, plan: QuantPlan) -> Graph:
    """The graph with constants and activations in float16, and casts between float16 and float32.

    Args:
        graph: in float32.
        plan: with a float dtype for every value.

    Raises:
        GraphError: a constant is too large for float16, or the plan has integers.
    """
    require_dtypes(graph, plan, DTYPES, "ONNX in float16")
    return _Halving(graph, plan).result()


class _Halving:
    def __init__(self, graph: Graph, plan: QuantPlan) -> None:
        self.graph = graph
        self.plan = plan
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = graph.constants
        self._cast: dict[tuple[str, DType], str] = {}

    def result(self) -> Graph:
        for node in self.graph.nodes:
            dtype = self._computed_in(node)
            inputs = tuple(self._operand(name, dtype) for name in node.inputs)
            if node.output in self.graph.outputs and self._dtype(node.output) == "float16":
                half = f"{node.output}/half"
                self.nodes.append(Node(node.op, inputs, (half,), node.origin))
                self.nodes.append(Node(Cast("float32"), (half,), (node.output,), node.origin))
                self._cast[node.output, "float16"] = half
            else:
                self.nodes.append(Node(node.op, inputs, node.outputs, node.origin))
        return self.graph.rebuild(self.nodes, self.constants)

    def _computed_in(self, node: Node) -> DType:
        """The type that a node computes in; a comparison in that of what it compares."""
        if self.graph.type(node.output).dtype == "float32":
            return self._dtype(node.output)
        read = [self._dtype(n) for n in node.inputs if self.graph.constant(n) is None and n in self.graph.reals]
        return "float16" if read and set(read) == {"float16"} else "float32"

    def _dtype(self, name: str) -> DType:
        """The type in which a value is computed."""
        given = name in self.graph.inputs or self.graph.type(name).dtype != "float32"
        return self.graph.type(name).dtype if given or self.plan.dtype(name) == "float32" else "float16"

    def _operand(self, name: str, dtype: DType) -> str:
        if self.graph.type(name).dtype != "float32" or (name, dtype) in self._cast:
            return self._cast.get((name, dtype), name)
        data = self.graph.constant(name)
        if self._dtype(name) == dtype if data is None else dtype == "float32":
            return name
        cast = f"{name}/{'half' if dtype == 'float16' else 'single'}"
        if data is None:
            self.nodes.append(Node(Cast(dtype), (name,), (cast,)))
        else:
            self.constants[cast] = _half(name, data)
        self._cast[name, dtype] = cast
        return cast


def _half(name: str, data: Array) -> Array:
    largest = float(np.abs(data).max(initial=0))
    if largest > HALF_MAX:
        raise GraphError(
            f"a constant of {largest:.4g} does not fit float16",
            where=f"tensor {name!r}",
            fix="export to a float32 or int8 target",
        )
    return data.astype(np.float16)
