"""Every op from its ONNX forms to the graph and back: the same numbers in ONNX Runtime."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph import ops
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops import ops_by_onnx_type
from edgeface.graph.ops.base import Op

RANDOM = np.random.default_rng(0)
IMAGE, ROW = (1, 4, 6, 7), (2, 12)
EMPTY = np.zeros(0, np.float32)
REFUSED = {"QuantizeLinear", "DequantizeLinear", "Cast"}
"""Only written: test_onnx_reader_refusals.py reads them, and casts between floats vanish."""
ELSEWHERE = {
    "functions",
    "smooth_activations",
    "comparison",
    "extremes",
    "power",
    "reduction",
    "l2_normalize",
    "normalization",
    "attention",
    "einsum",
    *("take", "split", "tile", "blocks", "conv_transpose"),
    *("attention", "einsum"),
}
"""Modules of ops that other files read: test_elementwise_forms.py, test_normalization_forms.py,
backends/test_spatial_neighbours.py and passes/test_expand_products.py."""


def noise(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def ints(*numbers):
    return np.array(numbers, np.int64)


def case(op, op_type, *constants, shape=IMAGE, opset=17, **attributes):
    return pytest.param((op, op_type, constants, shape, opset, attributes), id=f"{op_type} {opset} {attributes}")


W = noise(6, 4, 3, 3)
CASES = [
    case("Conv", "Conv", W, noise(6), pads=[0, 1, 2, 1], strides=[2, 1]),
    case("Conv", "Conv", W, dilations=[2, 3], pads=[2, 2, 2, 2]),
    case("Conv", "Conv", W, auto_pad="SAME_UPPER", strides=[2, 2]),
    case("Conv", "Conv", W, auto_pad="SAME_LOWER", strides=[2, 2]),
    case("Conv", "Conv", W, auto_pad="VALID"),
    case("Conv", "Conv", noise(8, 1, 3, 2), noise(8), group=4),
    case("Gemm", "Gemm", noise(5, 12), noise(5), shape=ROW, transB=1),
    case("Gemm", "Gemm", noise(12, 5), noise(5), shape=ROW),
    case("Gemm", "Gemm", noise(12, 5), noise(1, 5), shape=ROW),
    case("Gemm", "Gemm", noise(5, 12), np.float32(0.3), shape=ROW, transB=1),
    case("Gemm", "Gemm", noise(12, 5), noise(5), shape=ROW, alpha=0.5, beta=-2.0),
    case("GeneralGemm", "Gemm", noise(5, 2), noise(12, 1), shape=ROW, transA=1, transB=1, alpha=0.5, beta=2.0),
    case("GeneralGemm", "Gemm", noise(12, 2), noise(2, 1), shape=ROW),
    case("Gemm", "MatMul", noise(12, 5), shape=ROW),
    case("MatMul", "MatMul", noise(3, 12, 5), shape=ROW),
    case("BatchNorm", "BatchNormalization", noise(4), noise(4), noise(4), np.abs(noise(4)) + 0.1, epsilon=1e-3),
    case("Relu", "Relu"),
    case("LeakyRelu", "LeakyRelu", alpha=0.3),
    case("LeakyRelu", "LeakyRelu"),
    case("PRelu", "PRelu", noise(4, 1, 1)),
    case("PRelu", "PRelu", noise(1)),
    case("Sigmoid", "Sigmoid"),
    case("Tanh", "Tanh"),
    case("HardSwish", "HardSwish"),
    case("Softmax", "Softmax", axis=1),
    case("Softmax", "Softmax"),
    case("Softmax", "Softmax", opset=11, shape=(3, 5)),
    case("Softmax", "Softmax", opset=11, axis=2, shape=(1, 3, 2)),
    case("LogSoftmax", "LogSoftmax", axis=1),
    case("Clip", "Clip", np.float32(-0.5), np.float32(0.7)),
    case("Clip", "Clip", np.float32(0)),
    case("Clip", "Clip", None, np.float32(0.7)),
    case("Clip", "Clip", opset=6, min=-0.5, max=0.7),
    case("Add", "Add", noise(4, 1, 1)),
    case("Sub", "Sub", noise(1, 4, 1, 7)),
    case("Mul", "Mul", np.float32(3)),
    case("Div", "Div", np.float32(3)),
    case("Concat", "Concat", noise(1, 4, 6, 2), axis=-1),
    case("Reshape", "Reshape", ints(0, -1, 14)),
    *(case("Reshape", "Flatten", axis=axis) for axis in range(-4, 5)),
    case("Reshape", "Reshape", ints(1, -1, 14), allowzero=1),
    case("Slice", "Slice", ints(0), ints(4), ints(1)),
    case("Slice", "Slice", ints(0, -9), ints(9, 99), ints(2, 1)),
    case("Reshape", "Squeeze", shape=(1, 3, 1, 2)),
    case("Reshape", "Squeeze", ints(-2), shape=(1, 3, 1, 2)),
    case("Reshape", "Squeeze", shape=(1, 3, 1, 2), opset=11, axes=[0]),
    case("Reshape", "Unsqueeze", ints(0, -1), shape=(3, 2)),
    case("Transpose", "Transpose", perm=[0, 2, 3, 1]),
    case("Transpose", "Transpose"),
    case("Slice", "Slice", ints(1, -5), ints(3, np.iinfo(np.int64).max), ints(1, -1)),
    case("Pad", "Pad", ints(0, 1, 2, 0, 0, 0, 3, 1)),
    case("Slice", "Slice", opset=9, starts=[1, 2], ends=[3, -1], axes=[1, 2]),
    case("Pad", "Pad", opset=9, pads=[0, 0, 1, 0, 0, 0, 0, 2]),
    case("MaxPool", "MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    case("AveragePool", "AveragePool", kernel_shape=[2, 3]),
    case("AveragePool", "AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 0], count_include_pad=1),
    case("GlobalAveragePool", "GlobalAveragePool"),
    case(
        "Resize",
        "Resize",
        EMPTY,
        np.array([1, 1, 2, 3], np.float32),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    case("Resize", "Resize", EMPTY, np.array([1, 1, 7 / 6, 1], np.float32), mode="linear"),
    case("Resize", "Resize", EMPTY, EMPTY, ints(1, 4, 3, 11), mode="linear"),
    case("Resize", "Resize", np.array([1, 1, 2, 3], np.float32), opset=10, mode="nearest"),
    case("Resize", "Upsample", np.array([1, 1, 2, 3], np.float32), opset=9, mode="nearest"),
    case("LocalResponseNorm", "LRN", size=3, alpha=0.3, beta=0.6, bias=2.0),
    case("Resize", "Upsample", opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0]),
]


def named_inputs(constants):
    return ["x", *("" if c is None or np.size(c) == 0 else f"c{i}" for i, c in enumerate(constants))]


@pytest.mark.parametrize("form", CASES)
def test_an_op_is_read_and_written_with_the_same_meaning(onnx_bytes, form):
    op, op_type, constants, shape, opset, attributes = form
    inputs = named_inputs(constants)
    held = {name: data for name, data in zip(inputs[1:], constants, strict=True) if name}
    node = helper.make_node(op_type, inputs, ["y"], **attributes)
    model = onnx_bytes([node], {"x": shape}, constants=held, opset=opset)
    graph = read_onnx(model)
    assert [type(n.op).__name__ for n in graph.nodes] == [op]
    x = noise(*shape)
    expected = OrtRunner(model, optimize=False).run({"x": x})["y"]
    written = write_onnx(graph)
    found = OrtRunner(written, optimize=False).run({"x": x})["y"]
    assert found.shape == graph.type("y").shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert type(read_onnx(written).nodes[0].op) is type(graph.nodes[0].op)


@pytest.mark.parametrize(
    ("op_type", "constant", "shape", "opset"),
    [("MatMul", (12, 5), (2, 3, 12), 17), ("MatMul", (12, 5), (1, 2, 3, 12), 17), ("Softmax", None, (2, 3, 5), 11)],
)
def test_what_takes_several_nodes_is_written_with_the_same_meaning(onnx_bytes, op_type, constant, shape, opset):
    held = {} if constant is None else {"w": noise(*constant)}
    model = onnx_bytes([helper.make_node(op_type, ["x", *held], ["y"])], {"x": shape}, constants=held, opset=opset)
    x = noise(*shape)
    graph = read_onnx(model)
    assert len(graph.nodes) == 1
    expected, found = (OrtRunner(m, optimize=False).run({"x": x})["y"] for m in (model, write_onnx(graph)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_every_onnx_type_that_has_a_reader_has_a_case():
    elsewhere = {name for name, op in ops_by_onnx_type().items() if op.__module__.rpartition(".")[2] in ELSEWHERE}
    assert {case.values[0][1] for case in CASES} == set(ops_by_onnx_type()) - REFUSED - elsewhere


def test_one_op_reads_an_onnx_type():
    modules = [importlib.import_module(f"{ops.__name__}.{found.name}") for found in pkgutil.iter_modules(ops.__path__)]
    classes = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    read = Counter(name for found in classes if issubclass(found, Op) for name in found.onnx_types)
    doubled = [name for name, times in read.items() if times > 1]
    owners = {name: {f.__name__ for f in classes if issubclass(f, Op) and name in f.onnx_types} for name in doubled}
    assert {name: found for name, found in owners.items() if not _one_is_the_base(found, classes)} == {}


def _one_is_the_base(names, classes):
    """Whether the classes are one that reads the type, and those derived from it."""
    found = [each for each in classes if each.__name__ in names]
    return any(all(issubclass(other, each) for other in found) for each in found)


def test_constant_nodes_and_shape_arithmetic_are_folded(onnx_bytes):
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Slice", ["shape", "zero", "two"], ["head"]),
        helper.make_node("Constant", [], ["rest"], value_ints=[-1]),
        helper.make_node("Concat", ["head", "rest"], ["target"], axis=0),
        helper.make_node("Reshape", ["x", "target"], ["y"]),
    ]
    graph = read_onnx(onnx_bytes(nodes, constants={"zero": ints(0), "two": ints(2)}))
    assert [type(n.op).__name__ for n in graph.nodes] == ["Reshape"]
    assert graph.type("y").shape == (1, 4, 42)


def test_identities_vanish_and_outputs_keep_their_names(onnx_bytes):
    nodes = [
        helper.make_node("Identity", ["x"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"], name="act"),
        helper.make_node("Dropout", ["b"], ["y"]),
        helper.make_node("Identity", ["b"], ["again"]),
        helper.make_node("Identity", ["x"], ["same"]),
    ]
    model = onnx_bytes(nodes, outputs=["y", "again", "same"])
    graph = read_onnx(model)
    assert graph.outputs == ("y", "again", "same")
    x = noise(*IMAGE)
    found = OrtRunner(write_onnx(graph)).run({"x": x})
    np.testing.assert_array_equal(found["y"], np.maximum(x, 0))
    np.testing.assert_array_equal(found["again"], found["y"])
    np.testing.assert_array_equal(found["same"], x)


@pytest.mark.parametrize(
    "types", [[TensorProto.FLOAT], [TensorProto.FLOAT16, TensorProto.FLOAT], [TensorProto.BFLOAT16]]
)
def test_casts_between_floats_vanish(onnx_bytes, types):
    names = ["x", *(f"c{i}" for i in range(len(types)))]
    casts = [helper.make_node("Cast", [a], [b], to=to) for a, b, to in zip(names, names[1:], types, strict=False)]
    graph = read_onnx(onnx_bytes([*casts, helper.make_node("Relu", [names[-1]], ["y"])]))
    assert [type(n.op).__name__ for n in graph.nodes] == ["Relu"]
    assert graph.nodes[0].inputs == ("x",)


def test_weights_listed_as_inputs_are_not_inputs(onnx_bytes):
    model = onnx_bytes(
        [helper.make_node("Conv", ["x", "w"], ["y"])], {"x": IMAGE, "w": W.shape}, constants={"w": W}, opset=9
    )
    assert read_onnx(model).inputs == ("x",)


def test_nodes_remember_where_they_came_from(onnx_bytes):
    graph = read_onnx(onnx_bytes([helper.make_node("Relu", ["x"], ["y"], name="/body/Relu_3")]), name="mine")
    assert (graph.name, graph.nodes[0].origin) == ("mine", "/body/Relu_3")
