"""The single-node networks whose times make a table of prices: each class of work at sizes that face networks have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.decompose_average import decompose_average
from edgeface.backends.tflite.emit import write_tflite
from edgeface.backends.tflite.flatbuffer import ModelBuilder, Operator
from edgeface.backends.tflite.hybrid import runs_hybrid
from edgeface.cost.prices.work import Tile, Work, work_of
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.activations import Clip, HardSwish, LeakyRelu, PRelu, Sigmoid, Softmax
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize
from edgeface.graph.types import Array, TensorType
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.plan import QParams, QuantPlan

HYBRID = "hybrid"
DTYPES = ("float32", "int8", HYBRID)
_ACTIVATION = QParams((0.02,), 3)
_UNIT = QParams((1 / 256,), -128)
_NAME = "case"


@dataclass(frozen=True)
class Case:
    """A network of one node, or of one conversion where `graph` is None; `elements` is what a conversion converts."""

    graph: Graph | None
    kind: str
    elements: int = 0

    def work(self, tile: Tile) -> Work:
        """The work that the time is for."""
        if self.graph is None:
            return Work(self.kind, elements=self.elements)
        found = work_of(self.graph, self.graph.nodes[-1], tile)
        assert found is not None
        return found

    @property
    def runs_hybrid(self) -> bool:
        """Whether it is a convolution that runs in a hybrid kernel."""
        node = self.graph.nodes[-1] if self.graph is not None else None
        if self.graph is None or node is None or not isinstance(node.op, Conv):
            return False
        return runs_hybrid(node.op, self.graph.type(node.inputs[1]).shape)

    def model(self, dtype: str) -> bytes:
        """The .tflite file in an arithmetic."""
        if self.graph is None:
            return _conversion(self.kind, self.elements)
        if dtype != "int8":
            return write_tflite(self.graph, weights="int8" if dtype == HYBRID else "float32")
        graph = decompose_average(decompose_prelu(self.graph))
        return write_tflite(graph, _plan(graph), io="int8")


def cases(dtype: str) -> list[Case]:
    """Every case that has kernels in an arithmetic."""
    if dtype == HYBRID:
        return [case for case in _convolutions() if case.runs_hybrid]
    conversions = [Case(None, "quantize" if dtype == "int8" else "dequantize", count) for count in _COUNTS]
    return [*_convolutions(), *_products(), *_others(), *conversions]


def winograd_cases() -> list[Graph]:
    """Convolutions for the prices of Winograd's form."""
    sizes = (
        *((30, 40, 64, 64), (30, 40, 64, 48), (30, 40, 64, 16), (15, 20, 64, 64), (60, 80, 64, 64), (60, 80, 64, 48)),
        *((28, 28, 128, 128), (56, 48, 64, 64), (14, 14, 128, 128), (60, 80, 32, 32), (60, 80, 16, 16)),
        *((30, 40, 32, 64), (8, 10, 64, 64)),
    )
    return [graph for size in sizes if (graph := _conv(*size, 3).graph) is not None]


_COUNTS = (3_000, 30_000, 200_000, 900_000)
_IMAGES = ((112, 96, 64), (56, 48, 64), (60, 80, 64), (28, 24, 128), (14, 12, 128), (120, 160, 16), (20, 15, 64))


def _convolutions() -> Iterator[Case]:
    for height, width, c, m in (
        *((120, 160, 16, 32), (60, 80, 32, 64), (60, 80, 64, 64), (30, 40, 128, 128), (15, 20, 256, 256)),
        *((28, 24, 64, 128), (28, 24, 128, 64), (14, 12, 128, 256), (14, 12, 256, 128), (7, 6, 128, 512)),
        *((240, 320, 8, 16), (56, 48, 64, 64), (60, 80, 64, 4), (60, 80, 64, 8), (30, 40, 64, 20)),
    ):
        yield _conv(height, width, c, m, 1)
    for height, width, c, m, stride in (
        *((480, 640, 3, 8, 2), (112, 96, 3, 64, 2), (112, 112, 3, 64, 2), (240, 320, 3, 16, 2), (96, 96, 1, 16, 2)),
        *((60, 80, 64, 64, 1), (30, 40, 64, 64, 1), (15, 20, 64, 64, 1), (60, 80, 64, 32, 1), (60, 80, 32, 16, 1)),
        *((60, 80, 16, 16, 1), (30, 40, 16, 16, 1), (28, 28, 128, 128, 1), (14, 14, 256, 256, 2), (56, 48, 24, 24, 1)),
    ):
        yield _conv(height, width, c, m, 3, stride)
    for height, width, c, stride, size in (
        *((240, 320, 8, 1, 3), (240, 320, 16, 2, 3), (120, 160, 32, 1, 3), (60, 80, 64, 1, 3), (60, 80, 64, 2, 3)),
        *((30, 40, 128, 1, 3), (15, 20, 256, 1, 3), (56, 48, 64, 1, 3), (28, 24, 128, 1, 3), (14, 12, 256, 1, 3)),
        *((7, 6, 512, 1, 7), (28, 28, 64, 1, 5), (28, 28, 256, 2, 3)),
    ):
        yield _depthwise(height, width, c, stride, size)


def _products() -> Iterator[Case]:
    for k, m in ((128, 128), (512, 128), (512, 512), (2048, 256), (25088 // 4, 128)):
        yield _case(Gemm(), "gemm", [(1, k)], [_weights((m, k)), np.zeros(m, np.float32)])


def _others() -> Iterator[Case]:
    for height, width, c in _IMAGES:
        image = (1, c, height, width)
        slopes = np.linspace(0.05, 0.5, c, dtype=np.float32).reshape(1, c, 1, 1)
        yield _case(Add(), "binary", [image, image], [])
        yield _case(Mul(), "binary", [image], [slopes])
        yield _case(LeakyRelu(0.1), "leaky_relu", [image], [])
        yield _case(PRelu(), "prelu", [image], [slopes.reshape(c, 1, 1)])
        yield _case(Clip(0.0, 6.0), "clip", [image], [])
        yield _case(Sigmoid(), "sigmoid", [image], [])
        yield _case(HardSwish(), "hard_swish", [image], [])
        yield _case(MaxPool((2, 2), (2, 2)), "max_pool", [image], [])
        yield _case(AveragePool((2, 2), (2, 2)), "average_pool", [image], [])
        yield _case(GlobalAveragePool(), "mean", [image], [])
        yield _case(Resize((height * 2, width * 2), "nearest"), "resize_nearest", [image], [])
        yield _case(Resize((height * 2, width * 2), "linear"), "resize_linear", [image], [])
        yield _case(Concat(1), "move", [image, image], [])
    for rows in (300, 4_200, 16_800):
        yield _case(Softmax(-1), "softmax", [(1, rows, 2)], [])


def _conv(height: int, width: int, c: int, m: int, size: int, stride: int = 1) -> Case:
    pad = size // 2
    same = (pad, pad, pad, pad) if stride == 1 else (0, 0, pad, pad)
    op = Conv((stride, stride), same, activation="relu")
    kind = "conv_1x1" if size == 1 else "conv_kxk"
    return _case(op, kind, [(1, c, height, width)], [_weights((m, c, size, size)), np.zeros(m, np.float32)])


def _depthwise(height: int, width: int, c: int, stride: int, size: int) -> Case:
    pad = size // 2 if size != height else 0
    same = (pad, pad, pad, pad) if stride == 1 else (0, 0, pad, pad)
    kernel = (size, min(size, width))
    op = Conv((stride, stride), same if size != 7 else (0, 0, 0, 0), groups=c, activation="relu")
    return _case(op, "depthwise", [(1, c, height, width)], [_weights((c, 1, *kernel)), np.zeros(c, np.float32)])


def _weights(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(0).normal(0, 0.1, shape).astype(np.float32)


def _case(op: Op, kind: str, inputs: list[tuple[int, ...]], constants: list[Array]) -> Case:
    given = [Value(f"x{index}", TensorType(shape)) for index, shape in enumerate(inputs)]
    named = {f"c{index}": data for index, data in enumerate(constants)}
    node = Node(op, (*(value.name for value in given), *named), ("y",), _NAME)
    return Case(Graph.build(_NAME, given, ["y"], [node], named), kind)


def _plan(graph: Graph) -> QuantPlan:
    """Scales that kernels take; numbers do not matter to time."""
    unit = any(isinstance(node.op, Sigmoid | Softmax) for node in graph.nodes)
    params = dict.fromkeys(graph.activations, _ACTIVATION)
    if unit:
        params["y"] = _UNIT
    for node in graph.nodes:
        for index, name in enumerate(node.inputs):
            data = graph.constant(name)
            if data is not None and not (isinstance(node.op, Conv | Gemm) and index == 2):
                per_channel = isinstance(node.op, Conv | Gemm)
                scale = (0.4 / 127,) * (data.shape[0] if per_channel else 1)
                params[name] = QParams(scale, 0, 0 if per_channel else None, -127, 127)
    return QuantPlan(params)


def _conversion(kind: str, elements: int) -> bytes:
    builder = ModelBuilder(_NAME)
    made, given = ("int8", "float32") if kind == "quantize" else ("float32", "int8")
    tensors = [
        builder.tensor(name, (1, elements // 100, 100), dtype, _ACTIVATION if dtype == "int8" else None)
        for name, dtype in (("x0", given), ("y", made))
    ]
    options: Any = schema.QuantizeOptionsT() if kind == "quantize" else schema.DequantizeOptionsT()
    builder.operator(Operator(kind.upper(), 1 if kind == "quantize" else 2, options), tensors[:1], tensors[1:])
    return builder.finish({"x0": tensors[0]}, {"y": tensors[1]}, {})
