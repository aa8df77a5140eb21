"""The int8 specification, read from the written model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.errors import GraphError
from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.shape import Transpose
from edgeface.quantize.plan import QuantPlan, in_float32

CONVOLUTIONS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
SAME_SCALE = {"CONCATENATION", "RESIZE_NEAREST_NEIGHBOR", "PAD", "RESHAPE", "TRANSPOSE", "MAX_POOL_2D", "SLICE"}
NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


class Written:
    """A parsed model with its operators by name."""

    def __init__(self, content):
        self.model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
        self.graph = self.model.subgraphs[0]
        self.operators = [
            (
                NAMES[self.model.operatorCodes[op.opcodeIndex].builtinCode],
                self.tensors(op.inputs),
                self.tensors(op.outputs),
            )
            for op in self.graph.operators
        ]

    def tensors(self, indices):
        return [self.graph.tensors[i] for i in indices]

    def data(self, tensor, dtype):
        return np.frombuffer(bytes(self.model.buffers[tensor.buffer].data), dtype)


@pytest.fixture
def written(network, plan_of):
    return Written(target("tflite-int8").emit_model(network, plan_of(network), EmitOptions()))


def test_weights_and_biases_follow_the_specification(written):
    seen = [name for name, *_ in written.operators if name in CONVOLUTIONS]
    assert seen == ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D"]
    for name, inputs, (output, *_) in written.operators:
        if name not in CONVOLUTIONS:
            continue
        x, weight, bias = inputs
        channels = weight.shape[CONVOLUTIONS[name]]
        assert weight.quantization.quantizedDimension == CONVOLUTIONS[name]
        assert len(weight.quantization.scale) == channels == output.shape[-1]
        assert not weight.quantization.zeroPoint.any()
        assert written.data(weight, np.int8).min() >= -127
        assert np.abs(written.data(weight, np.int8)).max() == 127
        assert bias.type == schema.TensorType.INT32
        assert not bias.quantization.zeroPoint.any()
        wanted = x.quantization.scale[0] * weight.quantization.scale
        np.testing.assert_allclose(bias.quantization.scale, wanted, rtol=1e-6)


def test_stored_biases_represent_the_graphs_numbers(written, network):
    bias = next(inputs[2] for name, inputs, _ in written.operators if name == "DEPTHWISE_CONV_2D")
    real = written.data(bias, np.int32) * bias.quantization.scale
    np.testing.assert_allclose(real, network.constants["b1"], atol=bias.quantization.scale.max())


def test_ops_of_one_scale_have_it_on_both_sides_and_prescribed_ones_theirs(written):
    names = [name for name, *_ in written.operators]
    assert "CONCATENATION" in names
    for name, inputs, (output, *_) in written.operators:
        if name in SAME_SCALE:
            pairs = {(t.quantization.scale[0], t.quantization.zeroPoint[0]) for t in (*inputs, output)}
            assert len(pairs) == 1
        if name == "LOGISTIC":
            assert (output.quantization.scale[0], output.quantization.zeroPoint[0]) == (1 / 256, -128)


def test_a_float_interface_is_one_quantize_and_one_dequantize_an_output(written):
    names = [name for name, *_ in written.operators]
    assert (names.count("QUANTIZE"), names.count("DEQUANTIZE")) == (1, 2)


def test_what_is_kept_in_float_is_float_and_the_rest_int8(network, plan_of):
    plan = plan_of(network, kept_float={"c": "a test"})
    model = Written(target("tflite-int8").emit_model(network, plan, EmitOptions()))
    types = {name: {t.type for t in outputs} for name, _, outputs in model.operators if name.endswith("CONV_2D")}
    assert types == {"CONV_2D": {schema.TensorType.INT8}, "DEPTHWISE_CONV_2D": {schema.TensorType.FLOAT32}}


def test_a_transpose_kept_in_float_after_an_int8_op_is_dequantized(make_graph, plan_of, evaluate, normal):
    rows = [(LeakyRelu(alpha=0.1), "x", "a"), (Transpose((0, 2, 3, 1)), "a", "t"), (Relu(), "t", "y")]
    graph = make_graph({"x": (1, 3, 4, 5)}, rows)
    plan = plan_of(graph, kept_float={"t": "a test", "y": "a test"})
    model = target("tflite-int8").emit_model(graph, plan, EmitOptions())
    x = normal(1, 3, 4, 5, seed=1)
    found = LiteRtRunner(model, kernels="reference").run({"x": np.ascontiguousarray(x.transpose(0, 2, 3, 1))})["y"]
    wanted = evaluate(graph, {"x": x})["y"].transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, wanted, atol=2 * plan.params["x"].scale[0])


def test_an_int8_reader_of_a_float_value_without_a_scale_is_refused(network, plan_of):
    plan = plan_of(network)
    params = {name: p for name, p in plan.params.items() if name != "b"}
    with pytest.raises(GraphError, match="no scale") as caught:
        target("tflite-int8").emit_model(network, QuantPlan(params, in_float32({"b": "a test"})), EmitOptions())
    assert caught.value.where == "tensor 'b'"


def test_a_channel_of_almost_zero_weights_keeps_its_bias(make_graph, normal, plan_of):
    weight = normal(4, 12)
    weight[2] = 1e-9
    graph = make_graph({"x": (1, 12)}, [(Gemm(), "x w b", "y")], {"w": weight, "b": np.full(4, 9, np.float32)})
    plan = plan_of(graph)
    found = FloatRunner(LiteRtRunner(target("tflite-int8").emit_model(graph, plan, EmitOptions())), "nhwc")
    assert abs(found.run({"x": normal(1, 12, seed=1)})["y"][0, 2] - 9) <= plan.params["y"].scale[0]


def test_a_bias_that_does_not_fit_int32_is_refused(make_graph, normal, plan_of):
    graph = make_graph({"x": (1, 12)}, [(Gemm(), "x w b", "y")], {"w": normal(4, 12), "b": np.full(4, 9, np.float32)})
    plan = plan_of(graph)
    scale = list(plan.params["w"].scale)
    scale[2] = 1e-11
    params = {**plan.params, "w": replace(plan.params["w"], scale=tuple(scale))}
    with pytest.raises(GraphError, match="output channel 2") as caught:
        target("tflite-int8").emit_model(graph, QuantPlan(params), EmitOptions())
    assert "keep this layer in float" in caught.value.fix


def test_an_op_without_a_lowering_is_refused_with_a_fix(make_graph, normal):
    graph = make_graph({"x": (1, 4, 5, 5)}, [(BatchNorm(), "x p p p p", "y")], {"p": np.ones(4, np.float32)})
    with pytest.raises(GraphError, match="BatchNorm has no TFLite lowering") as caught:
        target("tflite-fp32").emit_model(graph, QuantPlan(), EmitOptions())
    assert "lowerings/" in caught.value.fix
