"""The emitter gives lowerings tensors of the graph's values in the required type and memory order.

If a value exists in another type or order, the emitter adds a QUANTIZE, DEQUANTIZE or TRANSPOSE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.flatbuffer import ModelBuilder, Operator
from edgeface.backends.tflite.layout import (
    CHANNELS_LAST,
    Order,
    assign_layout,
    identity,
    input_order,
    physical_shape,
    same_in_memory,
)
from edgeface.backends.tflite.scheme import StoredWeights
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.types import Array
from edgeface.passes.transform_convolutions import is_product
from edgeface.quantize.plan import QParams, QuantPlan

QUANTIZE = Operator("QUANTIZE", 1, schema.QuantizeOptionsT())
HALF_MAX = 65_504.0
DEQUANTIZE = Operator("DEQUANTIZE", 2, schema.DequantizeOptionsT())


class Emitter:
    """Emits one graph. `weights` is how weights of float nodes are stored; float16 is followed by a DEQUANTIZE."""

    def __init__(self, graph: Graph, plan: QuantPlan, weights: StoredWeights = "float32") -> None:
        self.graph = graph
        self.plan = plan
        self.weights = weights
        self.builder = ModelBuilder(graph.name)
        self.orders = assign_layout(graph)
        self._tensors: dict[tuple[str, str, Order], int] = {}
        self._constants: dict[tuple[str, str, tuple[int, ...]], int] = {}

    def params(self, name: str) -> QParams | None:
        """Quantization parameters of a value; None if it is computed in float."""
        return None if name in self.plan.kept_float else self.plan.params.get(name)

    def is_int8(self, node: Node) -> bool:
        """Whether the plan computes a node in int8."""
        return self.params(node.output) is not None

    def array(self, name: str) -> Array:
        """A constant's data.

        Raises:
            GraphError: the value is computed, but TFLite requires a constant.
        """
        data = self.graph.constant(name)
        if data is None:
            raise GraphError("TFLite requires this operand to be constant", where=f"tensor {name!r}")
        return data

    def read(self, node: Node, index: int, without_batch: bool = False) -> int:
        """Tensor of a node's input, in the type and order that the node requires.

        `without_batch` stores a constant without a first axis of size 1.
        """
        name = node.inputs[index]
        dtype = self._type(name, self.is_int8(node))
        if self.graph.constant(name) is not None:
            return self.broadcast_constant(node, name, dtype, without_batch)
        read = self.tensor(name, dtype, input_order(self.graph, node, name, self.orders))
        return self._aligned(node, name, read, dtype)

    def _type(self, name: str, in_integers: bool) -> str:
        """The type of a value's tensor, as int8 or as what it is in the graph."""
        own = self.graph.type(name).dtype
        return "int8" if in_integers and own == "float32" else own

    def read_bytes(self, node: Node) -> int:
        """Tensor of a node's first input, for ops that depend only on the order in memory, not on the shape."""
        name = node.inputs[0]
        dtype = "int8" if self.is_int8(node) else "float32"
        order, wanted = self.orders[name], input_order(self.graph, node, name, self.orders)
        same = same_in_memory(self.graph.type(name).shape, order, wanted)
        return self.tensor(name, dtype, order if same else wanted)

    def tensor(self, name: str, dtype: str, order: Order) -> int:
        """Tensor of a computed value as `dtype` in a memory order, converted if necessary."""
        if (name, dtype, order) in self._tensors:
            return self._tensors[name, dtype, order]
        own, kind = self.orders[name], self.graph.type(name)
        if order != own:
            index = self.tensor(name, dtype, own)
            if not same_in_memory(kind.shape, own, order):
                index = self._transpose(name, index, dtype, order, own)
            elif physical_shape(kind, own) != physical_shape(kind, order):
                index = self._rename_axes(name, index, dtype, order)
        else:
            made = self._type(name, self.params(name) is not None)
            index = self._convert(name, self._tensors[name, made, own], dtype)
        self._tensors[name, dtype, order] = index
        return index

    def result(self, node: Node) -> int:
        """A new tensor for a node's result."""
        return self.define(node.output)

    def define(self, name: str, tensor_name: str | None = None) -> int:
        """A new tensor for a computed value in its own order, int8 if planned."""
        params = self.params(name)
        dtype = self._type(name, params is not None)
        order = self.orders[name]
        shape = physical_shape(self.graph.type(name), order)
        index = self.builder.tensor(tensor_name or name, shape, dtype, params)
        self._tensors[name, dtype, order] = index
        return index

    def alias(self, name: str, source: str) -> None:
        """Make a value an alias of another one's tensors: the same bytes with renamed axes."""
        made = self._type(name, self.params(name) is not None)
        self.tensor(source, made, self.orders[source])
        for (other, dtype, order), index in list(self._tensors.items()):
            if other == source and order == self.orders[source]:
                self._tensors[name, dtype, self.orders[name]] = index

    def scratch(self, like: str, suffix: str, shape: tuple[int, ...], params: QParams | None) -> int:
        """A temporary tensor inside a lowering, without a value in the graph."""
        return self.builder.tensor(f"{like}/{suffix}", shape, "float32" if params is None else "int8", params)

    def constant(self, name: str, data: Array, params: QParams | None = None) -> int:
        """A constant tensor, shared by name; float weights become float16 if the target requires it and they fit."""
        key = (name, data.dtype.name, data.shape)
        if key not in self._constants:
            wanted = self.weights == "float16" or is_product(name)  # these are four times as many as the network's own
            half = wanted and data.dtype == np.float32 and np.abs(data).max(initial=0) <= HALF_MAX
            self._constants[key] = self._half(name, data) if half else self.builder.constant(name, data, params)
        return self._constants[key]

    def emit(self, op: str, inputs: list[int], outputs: list[int], options: Any = None, version: int = 1) -> None:
        """Add an operator."""
        self.builder.operator(Operator(op, version, options), inputs, outputs)

    def reshape(self, source: int, made: int, shape: Sequence[int]) -> None:
        """Add a RESHAPE from one tensor to another, of this shape."""
        options = schema.ReshapeOptionsT()
        options.newShape = np.array(shape, np.int32)
        table = self.constant(f"shape {tuple(shape)}", options.newShape)
        self.emit("RESHAPE", [source, table], [made], options)

    def broadcast_constant(self, node: Node, name: str, dtype: str, without_batch: bool = False) -> int:
        """A constant operand of an element-wise op, in the op's memory order; see `read`."""
        data, order = self.array(name), self.orders[node.output]
        rank = len(order)
        if data.ndim > 0:
            data = data.reshape((1,) * (rank - data.ndim) + data.shape).transpose(order)
            data = data[0] if without_batch and rank > 1 and len(data) == 1 else data
        label = f"{name}@{''.join(map(str, order))}"
        if dtype != "int8":
            return self.constant(label, data)
        params = self.plan.params[name]
        return self.constant(label, params.quantize(data), params)

    def dequantized(self, name: str, data: Array, params: QParams) -> int:
        """A float tensor of weights that are stored in int8, per channel; XNNPACK converts them once, when it loads."""
        key = (f"{name}/dequantized", data.dtype.name, data.shape)
        if key not in self._constants:
            self._constants[key] = self._from_stored(name, self.builder.constant(f"{name}/int8", data, params), data, 5)
        return self._constants[key]

    def _half(self, name: str, data: Array) -> int:
        return self._from_stored(name, self.builder.constant(f"{name}/float16", data.astype(np.float16)), data, 3)

    def _from_stored(self, name: str, stored: int, data: Array, version: int) -> int:
        index = self.builder.tensor(name, data.shape, "float32")
        self.builder.operator(Operator("DEQUANTIZE", version, schema.DequantizeOptionsT()), [stored], [index])
        return index

    def _convert(self, name: str, index: int, dtype: str) -> int:
        shape = physical_shape(self.graph.type(name), self.orders[name])
        op = DEQUANTIZE if dtype == "float32" else QUANTIZE
        params = self.plan.params.get(name) if dtype == "int8" else None
        if dtype == "int8" and params is None:
            raise GraphError("an int8 op reads a float value that has no scale", where=f"tensor {name!r}")
        converted = self.builder.tensor(f"{name}/{op.name.lower()}d", shape, dtype, params)
        self.builder.operator(op, [index], [converted])
        return converted

    def _transpose(self, name: str, index: int, dtype: str, order: Order, have: Order) -> int:
        perm = np.array([have.index(axis) for axis in order], np.int32)
        shape = physical_shape(self.graph.type(name), order)
        params = self.plan.params[name] if dtype == "int8" else None
        turned = self.builder.tensor(f"{name}/transposed", shape, dtype, params)
        axes = self.builder.constant(f"{name}/axes", perm)
        self.builder.operator(Operator("TRANSPOSE", 2, schema.TransposeOptionsT()), [index, axes], [turned])
        return turned

    def _rename_axes(self, name: str, index: int, dtype: str, order: Order) -> int:
        """The same bytes with the shape of another order, where only axes of size 1 differ in position."""
        shape = physical_shape(self.graph.type(name), order)
        params = self.plan.params[name] if dtype == "int8" else None
        renamed = self.builder.tensor(f"{name}/reshaped", shape, dtype, params)
        self.reshape(index, renamed, shape)
        return renamed

    def _aligned(self, node: Node, name: str, index: int, dtype: str) -> int:
        """An operand of an element-wise op with the rank of the result, whose axes may lie in another order."""
        kind, order = self.graph.type(name), self.orders[node.output]
        missing = len(order) - kind.rank
        if node.op.layout != "same" or missing <= 0 or order == identity(len(order)):
            return index
        own = tuple(axis - missing for axis in order if axis >= missing)
        if not same_in_memory(kind.shape, identity(kind.rank), own):
            index = self._transpose(name, index, dtype, own, identity(kind.rank))
        shape = [kind.shape[axis - missing] if axis >= missing else 1 for axis in order]
        params = self.plan.params[name] if dtype == "int8" else None
        aligned = self.builder.tensor(f"{name}/aligned", shape, dtype, params)
        self.reshape(index, aligned, shape)
        return aligned

    def external_order(self, name: str) -> Order:
        """The external order of an input or output: channels last for images, else logical."""
        rank = self.graph.type(name).rank
        return CHANNELS_LAST if rank == 4 else identity(rank)
