"""Small TFLite models, built operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.flatbuffer import ModelBuilder, Operator
from edgeface.quantize.plan import QParams

_STRIDES = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
_TABLES = {
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "AVERAGE_POOL_2D": "Pool2D",
    "MAX_POOL_2D": "Pool2D",
    "MEAN": "Reducer",
    "FULLY_CONNECTED": "FullyConnected",
    "STRIDED_SLICE": "StridedSlice",
}


class Sketch:
    """A model in the making. Tensors are indices, shapes NHWC."""

    def __init__(self, name: str) -> None:
        self._builder = ModelBuilder(name)
        self._count = 0

    def tensor(self, shape: Sequence[int], dtype: str = "float32", params: QParams | None = None) -> int:
        """A tensor that something computes, or an input."""
        self._count += 1
        return self._builder.tensor(f"t{self._count}", shape, dtype, params)

    def const(self, data: Any, params: QParams | None = None) -> int:
        """A constant."""
        self._count += 1
        return self._builder.constant(f"c{self._count}", np.asarray(data), params)

    def weights(self, *shape: int) -> int:
        """A constant of seeded float32 noise."""
        return self.const(np.random.default_rng(shape).normal(size=shape).astype(np.float32))

    def op(self, name: str, reads: Sequence[int], output: int, **options: Any) -> int:
        """Add an operator that makes `output`; options by the schema's names."""
        table = _TABLES.get(name, name.title().replace("_", ""))
        held = getattr(schema, f"{table}OptionsT", lambda: None)()
        for field, value in options.items():
            setattr(held, field, value)
        self._builder.operator(Operator(name, options=held), reads, [output])
        return output

    def conv(self, read: int, shape: Sequence[int], kernel: Sequence[int], stride: int = 1) -> int:
        """A float convolution with SAME padding, kernel as [outputs, rows, columns, inputs]."""
        options = {**_STRIDES, "strideW": stride, "strideH": stride}
        zeros = self.const(np.zeros(kernel[0], np.float32))
        return self.op("CONV_2D", [read, self.weights(*kernel), zeros], self.tensor(shape), **options)

    def finish(self, inputs: dict[str, int], outputs: dict[str, int]) -> bytes:
        """The model."""
        return self._builder.finish(inputs, outputs, {})


def embedder(side: int = 32, width: int = 16) -> bytes:
    """ "input" [1,side,side,3] to "embedding" [1,width]: convolutions, pooling, a matrix."""
    net, half = Sketch("embedder"), side // 2
    image = net.tensor((1, side, side, 3))
    a = net.conv(image, (1, half, half, 8), (8, 3, 3, 3), stride=2)
    filters, zeros = net.weights(1, 3, 3, 8), net.const(np.zeros(8, np.float32))
    b = net.op("DEPTHWISE_CONV_2D", [a, filters, zeros], net.tensor((1, half, half, 8)), depthMultiplier=1, **_STRIDES)
    c = net.op("ADD", [a, b], net.tensor((1, half, half, 8)))
    d = net.conv(c, (1, half, half, width), (width, 1, 1, 8))
    e = net.op("MEAN", [d, net.const(np.array([1, 2], np.int32))], net.tensor((1, width)), keepDims=False)
    f = net.op(
        "FULLY_CONNECTED",
        [e, net.weights(width, width), net.const(np.zeros(width, np.float32))],
        net.tensor((1, width)),
    )
    return net.finish({"input": image}, {"embedding": f})


def reshaper() -> bytes:
    """Shapes that are computed from the input's: SHAPE, STRIDED_SLICE, PACK, RESHAPE."""
    net = Sketch("reshaper")
    image = net.tensor((1, 16, 16, 4))
    a = net.conv(image, (1, 16, 16, 4), (4, 3, 3, 4))
    shape = net.op("SHAPE", [a], net.tensor((4,), "int32"), outType=schema.TensorType.INT32)
    ends = [net.const(np.array([value], np.int32)) for value in (0, 1, 1)]
    batch = net.op("STRIDED_SLICE", [shape, *ends], net.tensor((), "int32"), shrinkAxisMask=1)
    rest = [net.const(np.array(value, np.int32)) for value in (256, 4)]
    wanted = net.op("PACK", [batch, *rest], net.tensor((3,), "int32"), valuesCount=3)
    b = net.op("RESHAPE", [a, wanted], net.tensor((1, 256, 4)))
    c = net.op("SOFTMAX", [b], net.tensor((1, 256, 4)), beta=1.0)
    return net.finish({"input": image}, {"scores": c})


def quantized() -> bytes:
    """Int8 in, int8 out, with pooling, concatenation and a transposition."""
    net, step = Sketch("quantized"), QParams((0.1,))
    image = net.tensor((1, 16, 16, 3), "int8", step)
    weights = net.const(np.ones((6, 3, 3, 3), np.int8), QParams((0.05,) * 6, axis=0))
    bias = net.const(np.zeros(6, np.int32), QParams((0.005,) * 6, axis=0))
    a = net.op("CONV_2D", [image, weights, bias], net.tensor((1, 16, 16, 6), "int8", step), **_STRIDES)
    pooled = {"strideW": 2, "strideH": 2, "filterWidth": 2, "filterHeight": 2, "padding": 1}
    b = net.op("MAX_POOL_2D", [a], net.tensor((1, 8, 8, 6), "int8", step), **pooled)
    c = net.op("CONCATENATION", [b, b], net.tensor((1, 8, 8, 12), "int8", step), axis=3)
    d = net.op("TRANSPOSE", [c, net.const(np.array([0, 3, 1, 2], np.int32))], net.tensor((1, 12, 8, 8), "int8", step))
    return net.finish({"input": image}, {"scores": d})


def one_face(side: int = 64) -> bytes:
    """A detector that finds one face, whatever it is shown; "input" [1,side,side,3], priors of strides 8, 16, 32."""
    net = Sketch("one_face")
    priors = 2 * sum((side // stride) ** 2 for stride in (8, 16, 32))
    image = net.tensor((1, side, side, 3))
    mean = net.op("MEAN", [image, net.const(np.array([1, 2, 3], np.int32))], net.tensor((1,)), keepDims=False)
    zero = net.op("MUL", [mean, net.const(np.zeros(1, np.float32))], net.tensor((1,)))
    scores = np.tile(np.array([1, 0], np.float32), (1, priors, 1))
    scores[0, 39] = 0.1, 0.9
    kept = {"boxes": np.zeros((1, priors, 4), np.float32), "scores": scores}
    kept["landmarks"] = np.tile(np.array([-2, -2, 2, -2, 0, 0, -2, 2, 2, 2], np.float32), (1, priors, 1))
    made = {name: net.op("ADD", [net.const(data), zero], net.tensor(data.shape)) for name, data in kept.items()}
    return net.finish({"input": image}, made)
