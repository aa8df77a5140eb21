"""tflite-dynamic: int8 weights with float activations, by the format's rules and against ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.spatial import GlobalAveragePool
from edgeface.quantize.plan import QuantPlan

PADS = (1, 1, 1, 1)
FORMS = {
    "3×3": (Conv(pads=PADS, activation="relu"), (1, 32, 9, 7), (32, 32, 3, 3), "hybrid"),
    "3×3, strided": (Conv((2, 2), PADS), (1, 32, 9, 7), (40, 32, 3, 3), "hybrid"),
    "1×1": (Conv(), (1, 96, 5, 5), (96, 96, 1, 1), "hybrid"),
    "1×1 of few": (Conv(), (1, 64, 5, 5), (64, 64, 1, 1), "stored"),
    "of an image": (Conv(pads=PADS), (1, 3, 9, 9), (128, 3, 3, 3), "stored"),
    "depthwise": (Conv(groups=128), (1, 128, 6, 6), (128, 1, 5, 5), "stored"),
    "grouped": (Conv(pads=PADS, groups=2), (1, 32, 6, 6), (64, 16, 3, 3), "stored"),
    "few weights": (Conv(pads=PADS), (1, 12, 6, 6), (12, 12, 3, 3), "float"),
    "gemm": (Gemm(), (1, 96), (64, 96), "hybrid"),
}
DECIBEL = {"hybrid": 32.0, "stored": 38.0, "float": 110.0}


@pytest.fixture
def built(make_graph, normal):
    def build(name):
        op, image, weights, _ = FORMS[name]
        graph = make_graph({"x": image}, [(op, "x w b", "y")], {"w": normal(*weights), "b": normal(weights[0])})
        return graph, target("tflite-dynamic").emit_model(graph, QuantPlan(), EmitOptions())

    return build


def parsed(content):
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    codes = [(names[code.builtinCode], code.version) for code in model.operatorCodes]
    return model, [(*codes[op.opcodeIndex], op) for op in model.subgraphs[0].operators]


@pytest.mark.parametrize("kernels", ["xnnpack", "reference"])
@pytest.mark.parametrize("name", FORMS)
def test_results_are_those_of_onnx_runtime_but_for_rounding(built, normal, evaluate, name, kernels):
    graph, content = built(name)
    feed = {"x": normal(*FORMS[name][1], seed=1)}
    expected = evaluate(graph, feed)["y"]
    found = FloatRunner(LiteRtRunner(content, kernels=kernels), "nhwc").run(feed)["y"]
    assert found.shape == expected.shape
    decibel = 10 * np.log10(np.square(expected).mean() / np.square(found - expected).mean())
    assert decibel > DECIBEL[FORMS[name][3]]


@pytest.mark.parametrize("name", FORMS)
def test_weights_are_stored_as_the_format_says(built, name):
    form = FORMS[name][3]
    model, operators = parsed(built(name)[1])
    tensors = model.subgraphs[0].tensors
    op, version, node = next(each for each in operators if "CONV" in each[0])
    weight, bias = tensors[node.inputs[1]], tensors[node.inputs[2]]
    assert bias.type == schema.TensorType.FLOAT32
    assert weight.type == (schema.TensorType.INT8 if form == "hybrid" else schema.TensorType.FLOAT32)
    assert version == {"hybrid": 5, "stored": 6 if name == "grouped" else 1, "float": 1}[form]
    if form == "float":
        assert "DEQUANTIZE" not in {each for each, *_ in operators}
        return
    if form == "stored":
        conversion = next(each for each in operators if each[0] == "DEQUANTIZE")
        assert conversion[1] == 5
        weight = tensors[conversion[2].inputs[0]]
    axis = 3 if op == "DEPTHWISE_CONV_2D" else 0
    stored = np.frombuffer(bytes(model.buffers[weight.buffer].data), np.int8).reshape(weight.shape)
    assert weight.quantization.quantizedDimension == axis
    assert weight.quantization.scale.shape == (weight.shape[axis],)
    assert not weight.quantization.zeroPoint.any()
    other = tuple(each for each in range(stored.ndim) if each != axis)
    assert (np.abs(stored.astype(int)).max(axis=other) == 127).all()


def test_a_network_is_delegated_whole_and_a_quarter_of_its_size(make_graph, normal, plan_of):
    rows = [
        (Conv((2, 2), PADS, activation="relu"), "x w0 b0", "a"),
        (Conv(pads=PADS, groups=64, activation="relu"), "a w1 b0", "b"),
        (Conv(activation="relu"), "b w2 b2", "c"),
        (Conv(pads=PADS), "c w3 b2", "d"),
        (GlobalAveragePool(), "d", "y"),
    ]
    weights = {"w0": normal(64, 3, 3, 3), "w1": normal(64, 1, 3, 3), "w2": normal(256, 64, 1, 1)}
    weights |= {"w3": normal(256, 256, 3, 3), "b0": normal(64), "b2": normal(256)}
    graph = make_graph({"x": (1, 3, 16, 16)}, rows, weights)
    models = [target(name).emit_model(graph, QuantPlan(), EmitOptions()) for name in ("tflite-fp32", "tflite-dynamic")]
    assert len(models[1]) / len(models[0]) == pytest.approx(0.25, abs=0.02)
    delegation = LiteRtRunner(models[1]).delegation()
    assert (delegation.partitions, delegation.left) == (1, ())


def test_an_output_channel_of_zeros_is_zero(make_graph, normal):
    weights = normal(96, 96, 1, 1)
    weights[5] = 0
    graph = make_graph({"x": (1, 96, 4, 4)}, [(Conv(), "x w", "y")], {"w": weights})
    content = target("tflite-dynamic").emit_model(graph, QuantPlan(), EmitOptions())
    found = FloatRunner(LiteRtRunner(content), "nhwc").run({"x": normal(1, 96, 4, 4)})["y"]
    assert not found[:, 5].any()
    assert np.isfinite(found).all()
