"""Small TFLite files and ONNX models, and the default network as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from onnx import helper, numpy_helper

from edgeface.backends.tflite.flatbuffer import ModelBuilder, Operator

RETINAFACE_INPUT = 480, 640


def onnx_node(line: str, **attributes: Any) -> onnx.NodeProto:
    """`onnx_node("Conv x w b -> y", group=2)`; `_` stands for an input that is left out."""
    made, _, outputs = line.partition("->")
    op, *inputs = made.split()
    return helper.make_node(op, ["" if i == "_" else i for i in inputs], outputs.split(), **attributes)


def onnx_model(
    *nodes: str | onnx.NodeProto,
    x: Sequence[int | str | None] = (1, 4, 8, 8),
    opset: int = 17,
    outputs: str = "y",
    dtype: int = onnx.TensorProto.FLOAT,
    inputs: dict[str, Sequence[int]] | None = None,
    **constants: Any,
) -> onnx.ModelProto:
    """A model with the input x. Constants are arrays, or tuples that are the shape of random float32 numbers."""
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.normal(size=value).astype(np.float32) if isinstance(value, tuple) else np.asarray(value)
        for name, value in constants.items()
    }
    given = {"x": x, **(inputs or {})}
    graph = helper.make_graph(
        [onnx_node(node) if isinstance(node, str) else node for node in nodes],
        "sketch",
        [helper.make_tensor_value_info(name, dtype, shape) for name, shape in given.items()],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs.split()],
        [numpy_helper.from_array(data, name) for name, data in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


@pytest.fixture(scope="session")
def build_onnx() -> Callable[..., onnx.ModelProto]:
    return onnx_model


@pytest.fixture(scope="session")
def node() -> Callable[..., onnx.NodeProto]:
    return onnx_node


class Sketch:
    """A TFLite model built operator by operator; tensors are indices. Shapes are NHWC."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sketch.tflite"
        self.builder = ModelBuilder("sketch")
        self._inputs: dict[str, int] = {}
        self._count = 0

    @property
    def made(self) -> int:
        """The number in the name of the last tensor."""
        return self._count

    def input(self, *shape: int, dtype: str = "float32") -> int:
        name = f"input{len(self._inputs)}"
        self._inputs[name] = self.builder.tensor(name, shape, dtype)
        return self._inputs[name]

    def const(self, data: Any, params: Any = None) -> int:
        self._count += 1
        return self.builder.constant(f"constant{self._count}", np.asarray(data), params)

    def ones(self, *shape: int) -> int:
        return self.const(np.ones(shape, np.float32))

    def op(self, name: str, reads: Sequence[int], shape: Sequence[int], dtype: str = "float32", **options: Any) -> int:
        """Add an operator with one output; options are those of the operator's table, by the schema's names."""
        return self.ops(name, reads, [shape], dtype, **options)[0]

    def ops(
        self, name: str, reads: Sequence[int], shapes: Sequence[Sequence[int]], dtype: str = "float32", **options: Any
    ) -> list[int]:
        made = []
        for shape in shapes:
            self._count += 1
            made.append(self.builder.tensor(f"{name.lower()}{self._count}", shape, dtype))
        self.builder.operator(Operator(name, options=_options(name, options)), reads, made)
        return made

    def conv(self, read: int, shape: Sequence[int], weights: int, bias: int | None = None, stride: int = 1) -> int:
        """A convolution with SAME padding; `bias` None gives zeros, as TFLite must have one."""
        zeros = self.const(np.zeros(shape[-1], np.float32)) if bias is None else bias
        strides = {"strideW": stride, "strideH": stride, "dilationWFactor": 1, "dilationHFactor": 1}
        return self.op("CONV_2D", [read, weights, zeros], shape, **strides)

    def depthwise(self, read: int, shape: Sequence[int], weights: int, bias: int, multiplier: int = 1) -> int:
        strides = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
        return self.op("DEPTHWISE_CONV_2D", [read, weights, bias], shape, depthMultiplier=multiplier, **strides)

    def steps(self, axes: str, stride: int = 1) -> dict[str, int]:
        """Options of a convolution's window along `axes`, such as "HW"; the schema's own strides are zero."""
        return {f"stride{axis}": stride for axis in axes} | {f"dilation{axis}Factor": 1 for axis in axes}

    def save(self, *outputs: int, metadata: dict[str, bytes] | None = None) -> Path:
        content = self.builder.finish(self._inputs, {f"output{i}": t for i, t in enumerate(outputs)}, metadata or {})
        self._path.write_bytes(content)
        return self._path


_TABLES = {
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), "ResizeBilinear"),
    "L2_NORMALIZATION": "L2Norm",
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "AVERAGE_POOL_2D": "Pool2D",
    "MEAN": "Reducer",
    "SUM": "Reducer",
    "REDUCE_MAX": "Reducer",
    "FULLY_CONNECTED": "FullyConnected",
    "CONV_3D": "Conv3D",
    "MAX_POOL_2D": "Pool2D",
    "REDUCE_PROD": "Reducer",
    "BATCH_MATMUL": "BatchMatMul",
    "TRANSPOSE_CONV": "TransposeConv",
}


def _options(name: str, values: dict[str, Any]) -> Any:
    table = _TABLES.get(name, name.title().replace("_", ""))
    if not hasattr(schema.BuiltinOptions, f"{table}Options"):
        return None
    options = getattr(schema, f"{table}OptionsT")()
    for field, value in values.items():
        setattr(options, field, value)
    return options


@pytest.fixture(scope="session")
def rewrite_tflite():
    """Change a .tflite file: `rewrite_tflite(path, change)` where `change` gets the schema's model object."""

    def rewrite(path: Path, change: Callable[[Any], object]) -> Path:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
        change(model)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path

    return rewrite


@pytest.fixture
def small_tflite(sketch: Sketch) -> Path:
    """input0 (0) → relu1 (1) → conv_2d4 (4) with constant2 (2) as weights and constant3 (3) as bias."""
    a = sketch.op("RELU", [sketch.input(1, 4, 4, 6)], (1, 4, 4, 6))
    return sketch.save(sketch.conv(a, (1, 4, 4, 3), sketch.ones(3, 3, 3, 6), sketch.ones(3)))


@pytest.fixture
def sketch(tmp_path: Path) -> Sketch:
    return Sketch(tmp_path)


@pytest.fixture(scope="session")
def retinaface_tflite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The default network at 640×480 with seeded weights, by target."""
    from edgeface.backends import target
    from edgeface.backends.onnx.runner import OrtRunner
    from edgeface.backends.target import EmitOptions
    from edgeface.compile.open_source import open_source
    from edgeface.compile.source import Declared
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.passes import run_passes
    from edgeface.quantize.build_plan import build_plan
    from edgeface.quantize.observe import observe, observed_onnx
    from edgeface.quantize.plan import QuantPlan
    from edgeface.quantize.ranges import RangeRule

    declared = Declared("retinaface_mnet025", variant="official", input_size=RETINAFACE_INPUT, seed=1)
    optimized = run_passes(read_onnx(open_source(declared, []).onnx))
    found = {}
    for name in ("tflite-fp32", "tflite-int8"):
        graph = run_passes(optimized, target(name).legalize)
        plan, scheme = QuantPlan(), target(name).scheme
        if scheme:
            feed = {n: np.random.default_rng(0).normal(0, 50, graph.type(n).shape) for n in graph.inputs}
            feeds = [{n: data.astype(np.float32) for n, data in feed.items()}]
            plan = build_plan(
                graph, observe(graph, OrtRunner(observed_onnx(graph)).run, feeds), scheme, RangeRule("minmax")
            )
        found[name] = tmp_path_factory.mktemp(name) / "model.tflite"
        found[name].write_bytes(target(name).emit_model(graph, plan, EmitOptions("float", {"edgeface.contract": "{}"})))
    return found
