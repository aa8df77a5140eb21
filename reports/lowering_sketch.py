"""Small TFLite models under construction, with the float numbers beside the tensors.

The float numbers are the reference, and their ranges are the calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.flatbuffer import ModelBuilder, Operator
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams

Shape = tuple[int, int, int]
NONE, RELU, RELU6 = 0, 1, 3
UNIT = QParams((1 / 256,), -128)
_BOUNDS = {NONE: (-np.inf, np.inf), RELU: (0.0, np.inf), RELU6: (0.0, 6.0)}


@dataclass(frozen=True)
class Tensor:
    """A tensor of the model and the float numbers that it stands for; without `params` it is float."""

    index: int
    value: Array
    params: QParams | None


class Sketch:
    """A model under construction, fed with one int8 image [1,H,W,C] whose float numbers int8 can hold."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.random = np.random.default_rng(0)
        self._builder = ModelBuilder("form")
        drawn = np.clip(self.random.normal(0, 1.5, (1, *shape)), -4, 4).astype(np.float32)
        params = TFLITE_INT8.activation(-4.0, 4.0)
        self.stored = params.quantize(drawn)
        value = params.dequantize(self.stored)
        self.input = Tensor(self._builder.tensor("x", value.shape, "int8", params), value, params)
        self._count = 0

    def finish(self, outputs: Sequence[Tensor]) -> bytes:
        """The model's bytes."""
        named = {f"y{i:02d}": tensor.index for i, tensor in enumerate(outputs)}
        return self._builder.finish({"x": self.input.index}, named, {})

    def op(self, operator: Operator, inputs: Sequence[int], value: Array, params: QParams | None) -> Tensor:
        """Add an operator with one result."""
        dtype = "float32" if params is None else "int8"
        index = self._builder.tensor(self._name(), value.shape, dtype, params)
        self._builder.operator(operator, inputs, [index])
        return Tensor(index, value, params)

    def constant(self, data: Array, params: QParams | None = None) -> int:
        """A constant; float numbers with `params` are stored as int8."""
        stored = data if params is None else params.quantize(data)
        return self._builder.constant(self._name(), stored, params)

    def number(self, data: Any, like: Tensor) -> Tensor:
        """A constant operand in the type of another."""
        array = np.asarray(data, np.float32)
        params = None if like.params is None else ranged(array)
        return Tensor(self.constant(array, params), array, params)

    def binary(self, name: str, a: Tensor, b: Tensor, fused: int = NONE, params: QParams | None = None) -> Tensor:
        """ADD, SUB or MUL with a fused activation; its own range unless `params` prescribes one."""
        options = getattr(schema, f"{name.title()}OptionsT")()
        options.fusedActivationFunction = fused
        function = {"ADD": np.add, "SUB": np.subtract, "MUL": np.multiply}[name]
        value = np.clip(function(a.value, b.value), *_BOUNDS[fused]).astype(np.float32)
        made = None if a.params is None else params or ranged(value)
        return self.op(Operator(name, 1 if made is None else 2, options), [a.index, b.index], value, made)

    def bound(self, name: str, a: Tensor, b: Tensor) -> Tensor:
        """MAXIMUM or MINIMUM, which keep the scale."""
        value = (np.maximum if name == "MAXIMUM" else np.minimum)(a.value, b.value)
        return self.op(Operator(name, 2, schema.MaximumMinimumOptionsT()), [a.index, b.index], value, a.params)

    def dequantize(self, x: Tensor) -> Tensor:
        """To float."""
        return self.op(Operator("DEQUANTIZE", 2, schema.DequantizeOptionsT()), [x.index], x.value, None)

    def quantize(self, x: Tensor, params: QParams | None = None) -> Tensor:
        """From float to int8, by its own range unless `params` prescribes one."""
        return self.op(
            Operator("QUANTIZE", 1, schema.QuantizeOptionsT()), [x.index], x.value, params or ranged(x.value)
        )

    def reshape(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """The same bytes under another shape."""
        options = schema.ReshapeOptionsT()
        options.newShape = np.array(shape, np.int32)
        return self.op(
            Operator("RESHAPE", 1, options),
            [x.index, self.constant(options.newShape)],
            x.value.reshape(shape),
            x.params,
        )

    def concat(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        """CONCATENATION of tensors of one scale."""
        options = schema.ConcatenationOptionsT()
        options.axis = axis
        value = np.concatenate([part.value for part in parts], axis)
        return self.op(Operator("CONCATENATION", 2, options), [part.index for part in parts], value, parts[0].params)

    def depthwise(
        self, x: Tensor, weight: Array, bias: Array, stride: int = 1, fused: int = NONE, params: QParams | None = None
    ) -> Tensor:
        """DEPTHWISE_CONV_2D with a filter [k,k,C]; padded to the same size if stride is 1, else not at all."""
        options = schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier, options.strideH, options.strideW = 1, stride, stride
        options.dilationHFactor = options.dilationWFactor = 1
        options.padding = schema.Padding.SAME if stride == 1 else schema.Padding.VALID
        options.fusedActivationFunction = fused
        value = np.clip(_depthwise(x.value, weight, stride) + bias, *_BOUNDS[fused]).astype(np.float32)
        return self._convolve(Operator("DEPTHWISE_CONV_2D", 1, options), x, weight[None], bias, value, params)

    def pointwise(self, x: Tensor, weight: Array, fused: int = NONE, params: QParams | None = None) -> Tensor:
        """CONV_2D of 1×1 with weights [M,C]."""
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        options.padding = schema.Padding.VALID
        options.fusedActivationFunction = fused
        value = np.clip(x.value @ weight.T, *_BOUNDS[fused]).astype(np.float32)
        bias = np.zeros(len(weight), np.float32)
        return self._convolve(Operator("CONV_2D", 1, options), x, weight[:, None, None], bias, value, params)

    def _convolve(
        self, operator: Operator, x: Tensor, weight: Array, bias: Array, value: Array, params: QParams | None
    ) -> Tensor:
        if x.params is None:
            return self.op(operator, [x.index, self.constant(weight), self.constant(bias)], value, None)
        axis = 3 if operator.name == "DEPTHWISE_CONV_2D" else 0
        scale = np.maximum(np.abs(weight).max(tuple(i for i in range(4) if i != axis)), 1e-9) / 127
        own = QParams(tuple(scale.astype(np.float32).tolist()), 0, axis, -127, 127)
        both = np.array(own.scale) * x.params.scale[0]
        stored = np.rint(bias / both).astype(np.int32)
        start = self._builder.constant(self._name(), stored, QParams(tuple(both.tolist()), 0, 0))
        int8 = Operator(operator.name, 3, operator.options)
        return self.op(int8, [x.index, self.constant(weight, own), start], value, params or ranged(value))

    def _name(self) -> str:
        self._count += 1
        return f"t{self._count}"


def ranged(value: Array) -> QParams:
    """Parameters for the numbers seen."""
    return TFLITE_INT8.activation(float(value.min()), float(value.max()))


def _depthwise(x: Array, weight: Array, stride: int) -> Array:
    size = weight.shape[0]
    if size == x.shape[1] and stride > 1:
        whole: Array = (x * weight).sum((1, 2), keepdims=True)
        return whole
    if stride == 1:
        x = np.pad(x, ((0, 0), (size // 2, size // 2), (size // 2, size // 2), (0, 0)))
    rows, columns = ((n - size) // stride + 1 for n in x.shape[1:3])
    total = np.zeros((1, rows, columns, x.shape[3]), np.float32)
    for i in range(size):
        for j in range(size):
            total += x[:, i : i + stride * rows : stride, j : j + stride * columns : stride] * weight[i, j]
    return total


def separate(s: Sketch, x: Tensor) -> Tensor:
    """A small convolution that stands between two copies of a form."""
    size = s.shape[2]
    weight = np.where(np.arange(size) % 2, -1.0, 1.0).astype(np.float32).reshape(1, 1, size)
    return s.depthwise(x, weight, np.zeros(size, np.float32), params=ranged(np.array([-4.0, 4.0])))
