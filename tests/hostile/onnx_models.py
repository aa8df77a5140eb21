"""Small valid ONNX models, made in code."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FILE, WEIGHTS = "model.onnx", "weights.bin"
FLOAT = TensorProto.FLOAT


def weights(**shapes: tuple[int, ...]) -> list[onnx.TensorProto]:
    rng = np.random.default_rng(7)
    return [numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name) for name, shape in shapes.items()]


def node_of(line: str, **attributes: Any) -> onnx.NodeProto:
    """`node_of("Conv x w -> y", group=2)`."""
    made, _, outputs = line.partition("->")
    op, *inputs = made.split()
    return helper.make_node(op, inputs, outputs.split(), name=f"{op} {outputs.strip()}", **attributes)


def _model(
    nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], shape: list[Any], output: list[Any] | None = None
) -> onnx.ModelProto:
    x = helper.make_tensor_value_info("x", FLOAT, shape)
    y = helper.make_tensor_value_info("y", FLOAT, output)
    graph = helper.make_graph(nodes, "network", [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _embedder() -> onnx.ModelProto:
    nodes = [
        node_of("Conv x w1 b1 -> a", strides=[2, 2], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node_of("PRelu a slope -> b"),
        node_of("Conv b w2 -> c", group=8, pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node_of("BatchNormalization c bn bn mean var -> d"),
        node_of("Relu d -> e"),
        node_of("Conv e w3 -> f", kernel_shape=[1, 1]),
        node_of("GlobalAveragePool f -> g"),
        node_of("Flatten g -> h", axis=1),
        node_of("Gemm h w4 b4 -> y", transB=1),
    ]
    shapes = {"w1": (8, 3, 3, 3), "b1": (8,), "slope": (8, 1, 1), "w2": (8, 1, 3, 3), "bn": (8,), "mean": (8,)}
    shapes |= {"w3": (16, 8, 1, 1), "w4": (8, 16), "b4": (8,)}
    variance = numpy_helper.from_array(np.full(8, 0.5, np.float32), "var")
    return _model(nodes, [*weights(**shapes), variance], [1, 3, 32, 32], [1, 8])


def _arithmetic() -> onnx.ModelProto:
    """Shapes that are computed, a matrix product, and a sum of two branches."""
    integers = {"zero": [0], "one": [1], "tail": [-1], "axes": [0]}
    constants = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in integers.items()]
    nodes = [
        node_of("Conv x w1 -> a", pads=[1, 1, 1, 1]),
        node_of("Sigmoid a -> s"),
        node_of("Mul a s -> b"),
        node_of("Add b a -> c"),
        node_of("Shape c -> shape"),
        node_of("Slice shape zero one axes -> batch"),
        node_of("Concat batch tail -> wanted", axis=0),
        node_of("Transpose c -> t", perm=[0, 2, 3, 1]),
        node_of("Reshape t wanted -> r"),
        node_of("MatMul r w2 -> m"),
        node_of("Softmax m -> y", axis=-1),
    ]
    return _model(nodes, [*weights(w1=(4, 3, 3, 3), w2=(4 * 32 * 32, 8)), *constants], [1, 3, 32, 32], [1, 8])


def _quantized() -> onnx.ModelProto:
    scale = numpy_helper.from_array(np.float32(0.1), "scale")
    zero = numpy_helper.from_array(np.int8(0), "zero")
    stored = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.int8), "w")
    nodes = [
        node_of("QuantizeLinear x scale zero -> q"),
        node_of("DequantizeLinear q scale zero -> d"),
        node_of("DequantizeLinear w scale zero -> wd"),
        node_of("Conv d wd -> c", auto_pad="SAME_UPPER"),
        node_of("MaxPool c -> p", kernel_shape=[2, 2], strides=[2, 2]),
        node_of("ReduceMean p -> y", axes=[2, 3], keepdims=0),
    ]
    return _model(nodes, [scale, zero, stored], [1, 3, 32, 32])


def _nested() -> onnx.ModelProto:
    """A function of the model's own, and a dynamic batch."""
    function = helper.make_function(
        "own", "Twice", ["u"], ["v"], [node_of("Conv u w1 -> k", pads=[1] * 4), node_of("Relu k -> v")],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    constant = helper.make_node("Constant", [], ["w1"], value=weights(w1=(3, 3, 3, 3))[0])
    function.node.insert(0, constant)
    nodes = [helper.make_node("Twice", ["x"], ["a"], domain="own"), node_of("Conv a w2 -> y")]
    model = _model(nodes, weights(w2=(2, 3, 1, 1)), ["batch", 3, 32, 32])
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("own", 1))
    return model


def _branching() -> onnx.ModelProto:
    """A branch on a constant, float16, an operator of ONNX Runtime, and a decision at the end."""
    z = [helper.make_tensor_value_info("z", FLOAT, None)]
    graphs = {
        "then_branch": helper.make_graph([node_of("Conv a w2 -> z")], "then", [], z),
        "else_branch": helper.make_graph([node_of("Relu a -> z")], "else", [], z),
    }
    nodes = [
        helper.make_node("FusedConv", ["x", "w1"], ["a"], domain="com.microsoft", activation="Relu"),
        node_of("If flag -> b", **graphs),
        node_of("Cast b -> c", to=TensorProto.FLOAT16),
        node_of("Mul c half -> d"),
        node_of("Cast d -> e", to=FLOAT),
        node_of("GlobalAveragePool e -> f"),
        node_of("Flatten f -> y"),
        node_of("TopK y count -> best at"),
    ]
    stored = {"flag": np.array(True), "half": np.array(0.5, np.float16), "count": np.array([3])}
    constants = [numpy_helper.from_array(value, name) for name, value in stored.items()]
    model = _model(nodes, [*weights(w1=(4, 3, 3, 3), w2=(8, 4, 1, 1)), *constants], [1, 3, 32, 32])
    model.graph.output.append(helper.make_tensor_value_info("best", FLOAT, None))
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def _external() -> onnx.ModelProto:
    model = _embedder()
    for tensor in model.graph.initializer:
        if tensor.name == "w3":
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS), ("offset", "0"), ("length", str(16 * 8 * 4))):
                tensor.external_data.add(key=key, value=value)
    return model


@cache
def seeds() -> dict[str, bytes]:
    """Valid models."""
    made = {"embedder": _embedder, "arithmetic": _arithmetic, "quantized": _quantized, "nested": _nested}
    made |= {"branching": _branching}
    return {name: make().SerializeToString() for name, make in {**made, "external": _external}.items()}
