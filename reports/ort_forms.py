"""Part of reports/onnx_int8.md: forms of PReLU and of resizing in ONNX Runtime, each a small model that is timed.

Each stands between two integer 1×1 convolutions, whose time without it is taken off: alone it would be in another
memory layout than in a network. ONNX Runtime's own optimization decides what becomes integer kernels.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeface.graph.types import Array

if TYPE_CHECKING:
    import onnx
    import onnxruntime as ort

SIZES = ((64, 56, 56), (128, 28, 28), (256, 14, 14))
ROUNDS = 400
OPSET = 17
HEADER = f"""\
## Forms of PReLU and of resizing in ONNX Runtime

What one operator adds between two integer 1×1 convolutions, µs by channels × height × width of its input; one thread,
the least of {ROUNDS} interleaved runs; optimized and run by ONNX Runtime as a session would. The convolution behind a
resize works on four times as many pixels, which is part of the figure: compare those rows with one another only.

| operator | form | {" | ".join("×".join(map(str, size)) for size in SIZES)} | after optimization |
|---|---|{"---|" * len(SIZES)}---|"""


class _Sketch:
    """A small model: `stored` rounds to uint8, `constant` gives a dequantized constant its integers."""

    def __init__(self, size: tuple[int, int, int]) -> None:
        self.channels = size[0]
        self.size = size
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}
        self.x = self.convolved(self.node("DequantizeLinear", ["input", *self.steps(0.05, 128)]))

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """A node, and the name of its output."""
        from onnx import helper

        made = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [made], **attributes))
        return made

    def steps(self, scale: float | Array, zero: int | Array, dtype: type = np.uint8) -> list[str]:
        """Scale and zero point."""
        return [self.given(np.asarray(scale, np.float32)), self.given(np.asarray(zero, dtype))]

    def given(self, data: Array) -> str:
        """The name of a constant."""
        name = f"c{len(self.constants)}"
        self.constants[name] = data
        return name

    def stored(self, value: str, scale: float = 0.05, zero: int = 128) -> str:
        """A value rounded to uint8 and dequantized."""
        steps = self.steps(scale, zero)
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [value, *steps]), *steps])

    def convolved(self, value: str) -> str:
        """A value after a 1×1 convolution in integers."""
        steps = self.steps(np.full(self.channels, 0.01), np.zeros(self.channels), np.int8)
        weight = self.given(np.eye(self.channels, dtype=np.int8)[:, :, None, None] * np.int8(100))
        return self.stored(self.node("Conv", [value, self.node("DequantizeLinear", [weight, *steps], axis=0)]))

    def model(self, value: str, scale: float = 0.05) -> bytes:
        """The model that gives in uint8 what the second convolution makes of a value."""
        from onnx import TensorProto, helper, numpy_helper

        value = self.convolved(value if value == self.x else self.stored(value, scale))
        last = self.node("QuantizeLinear", [value, *self.steps(0.05, 128)])
        ends = (("input", [1, *self.size]), (last, [1, self.channels, None, None]))
        first, end = (helper.make_tensor_value_info(name, TensorProto.UINT8, shape) for name, shape in ends)
        constants = [numpy_helper.from_array(data, name) for name, data in self.constants.items()]
        graph = helper.make_graph(self.nodes, "form", [first], [end], constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
        encoded: bytes = made.SerializeToString()
        return encoded


def _prelu(sketch: _Sketch) -> bytes:
    slopes = sketch.given(np.full((sketch.channels, 1, 1), 0.25, np.float32))
    return sketch.model(sketch.node("PRelu", [sketch.x, slopes]))


def _product_and_sum(sketch: _Sketch) -> bytes:
    shape = (1, sketch.channels, 1, sketch.size[2])
    stored = sketch.given(np.full(shape, 180, np.uint8))
    factor = sketch.node("DequantizeLinear", [stored, *sketch.steps(0.01, 255)])
    below = sketch.stored(sketch.node("Relu", [sketch.node("Mul", [sketch.x, factor])]), zero=0)
    return sketch.model(sketch.node("Add", [sketch.x, below]))


def _depthwise_and_sum(sketch: _Sketch) -> bytes:
    steps = sketch.steps(np.full(sketch.channels, 0.01), np.zeros(sketch.channels), np.int8)
    stored = sketch.given(np.full((sketch.channels, 1, 1, 1), -75, np.int8))
    weight = sketch.node("DequantizeLinear", [stored, *steps], axis=0)
    below = sketch.node("Relu", [sketch.node("Conv", [sketch.x, weight], group=sketch.channels)])
    return sketch.model(sketch.node("Add", [sketch.x, sketch.stored(below, zero=0)]))


def _resized(sketch: _Sketch) -> str:
    how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return sketch.node("Resize", [sketch.x, "", sketch.given(np.array([1, 1, 2, 2], np.float32))], **how)


def _resize(sketch: _Sketch) -> bytes:
    return sketch.model(_resized(sketch))


def _resize_rescaled(sketch: _Sketch) -> bytes:
    return sketch.model(_resized(sketch), scale=0.04)


def _nothing(sketch: _Sketch) -> bytes:
    return sketch.model(sketch.x)


FORMS: tuple[tuple[str, str, Callable[[_Sketch], bytes]], ...] = (
    ("PReLU", "PRelu between Q/DQ", _prelu),
    ("PReLU", "product and sum (used)", _product_and_sum),
    ("PReLU", "depthwise 1×1 convolution and sum", _depthwise_and_sum),
    ("Resize ×2, nearest", "same scale on both sides (used)", _resize),
    ("Resize ×2, nearest", "another scale behind it", _resize_rescaled),
)


def forms_section() -> str:
    """The section with all forms measured."""
    rows = [HEADER]
    found = [_timed([_nothing, *(form for _, _, form in FORMS)], size) for size in SIZES]
    for index, (operator, name, form) in enumerate(FORMS):
        spent = " | ".join(f"{times[index + 1] - times[0]:.0f}" for times in found)
        rows.append(f"| {operator} | {name} | {spent} | {_kernels(form(_Sketch(SIZES[0])))} |")
    return "\n".join(rows)


def _timed(forms: list[Callable[[_Sketch], bytes]], size: tuple[int, int, int]) -> list[float]:
    """The least µs of each, in turns."""
    image = np.random.default_rng(0).integers(0, 256, (1, *size)).astype(np.uint8)
    sessions = [_session(form(_Sketch(size))) for form in forms]
    least = [float("inf")] * len(forms)
    for _ in range(ROUNDS):
        for index, session in enumerate(sessions):
            start = time.perf_counter_ns()
            session.run(None, {"input": image})
            least[index] = min(least[index], (time.perf_counter_ns() - start) / 1000)
    return least


def _session(model: bytes) -> ort.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _kernels(model: bytes) -> str:
    """Operators after ONNX Runtime's optimization."""
    import tempfile
    from pathlib import Path

    from edgeface.backends.onnx.kernels import ort_kernels

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "form.onnx")
        path.write_bytes(model)
        counted = ort_kernels(path).operators
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counted.items())
