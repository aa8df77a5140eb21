"""A plan as QuantizeLinear and DequantizeLinear: the numbers that it means, in the forms that runtimes fuse."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from edgeface.backends.onnx.emit import PLACEMENT as ORT
from edgeface.backends.onnx.kernels import ort_kernels
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq.quantized import Placement, insert_quantization
from edgeface.backends.tensorrt.emit import PLACEMENT as SHIFTED
from edgeface.backends.tensorrt.scheme import TENSORRT_INT8
from edgeface.errors import GraphError
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.quantization import DequantizeLinear, QuantizeLinear
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize
from edgeface.passes.decompose_prelu import decompose_prelu
from edgeface.quantize.plan import QuantPlan, in_float32

SAME = (1, 1, 1, 1)
WITH_ZERO_POINTS = replace(SHIFTED, zero_points=True)
DEPTHWISE = Conv(groups=6, pads=SAME)
C0 = (Conv(pads=SAME), "x w0 b0", "a")
SHAPES = {"w0": (6, 3, 3, 3), "b0": (6,), "w1": (6, 1, 3, 3), "b1": (6,), "w2": (6, 6, 1, 1), "b2": (6,)}
SHAPES |= {
    "w3": (5, 6, 3, 3),
    "w4": (4, 288),
    "b4": (4,),
    "w5": (6, 3, 1, 1),
    "w6": (6, 6, 3, 3),
    "w7": (6, 8),
    "w8": (5, 6),
}


@dataclass(frozen=True)
class Case:
    """Rows on x [1,3,6,8]; constants are noise of `SHAPES` unless given."""

    name: str
    rows: tuple
    constants: dict = field(default_factory=dict)
    outputs: tuple[str, ...] = ("y",)


def then(name, *rows, **rest):
    """A case of rows after a convolution that makes `a`."""
    return Case(name, (C0, *rows), **rest)


CASES = [
    Case("convolution", ((Conv(pads=(1, 0, 2, 1)), "x w0 b0", "y"),)),
    Case("convolution without bias", ((Conv(), "x w0", "y"),)),
    Case("two convolutions", (C0, (Conv(strides=(2, 2), pads=SAME), "a w3", "y"))),
    Case("dilated", ((Conv(dilations=(2, 2), pads=(2, 2, 2, 2)), "x w0 b0", "y"),)),
    Case("grouped", (C0, (Conv(groups=2), "a w5 b2", "y"))),
    Case("relu", ((Conv(activation="relu"), "x w0 b0", "a"), (Conv(), "a w2 b2", "y"))),
    Case("relu6", ((Conv(activation="relu6"), "x w0 b0", "a"), (Conv(), "a w2 b2", "y"))),
    then("relu of its own", (Relu(), "a", "r"), (Conv(), "r w2 b2", "y")),
    then("clip of its own", (Clip(0.0, 6.0), "a", "r"), (Conv(), "r w2 b2", "y")),
    then("leaky relu", (LeakyRelu(alpha=0.1), "a", "r"), (Conv(), "r w2 b2", "y")),
    then("prelu", (PRelu(), "a s", "r"), (DEPTHWISE, "r w1 b1", "y")),
    then("steep prelu", (PRelu(), "a t", "r"), (Relu(), "r", "q"), (Conv(), "q w2", "y")),
    then("depthwise", (DEPTHWISE, "a w1 b1", "b"), (Conv(), "b w2 b2", "y")),
    then("depthwise relu6", (replace(DEPTHWISE, activation="relu6"), "a w1 b1", "b"), (Conv(), "b w2 b2", "y")),
    then("residual sum", (Conv(), "a w2 b2", "b"), (Add(), "a b", "c"), (Conv(), "c w3", "y")),
    then("sum and relu", (Conv(), "a w2 b2", "b"), (Add("relu"), "a b", "c"), (Conv(), "c w3", "y")),
    then("product", (Conv(), "a w2 b2", "b"), (Mul(), "a b", "c"), (Conv(), "c w3", "y")),
    then("concat", (DEPTHWISE, "a w1 b1", "b"), (Concat(1), "a b", "c"), (Conv(groups=2), "c w6 b2", "y")),
    then("resize", (Resize((12, 16)), "a", "b"), (Conv(), "b w2 b2", "y")),
    then("max pool", (MaxPool((2, 2), (2, 2)), "a", "b"), (Conv(), "b w2 b2", "y")),
    then("average pool", (AveragePool((2, 2), (2, 2)), "a", "b"), (Conv(), "b w2 b2", "y")),
    then("global average", (GlobalAveragePool(), "a", "b"), (Conv(), "b w2 b2", "y")),
    then("matrix product", (Reshape((1, 288)), "a", "b"), (Gemm(), "b w4 b4", "y")),
    then("matrix product without bias", (Reshape((1, 288)), "a", "b"), (Gemm(), "b w4", "y")),
    then("matrix product of columns", (Gemm("relu"), "a w7 b2", "b"), (Gemm(), "b w8", "y")),
    then("matrix products of the same rows", (Gemm(), "a w7 b2", "y"), (Gemm(), "a w7", "z"), outputs=("y", "z")),
    then("sigmoid", (Sigmoid(), "a", "b"), (Conv(), "b w2 b2", "y")),
    then("an output that is also read", (Conv(), "a w2 b2", "y"), outputs=("y", "a")),
    then("several readers", (Conv(), "a w2 b2", "y"), (DEPTHWISE, "a w1", "z"), outputs=("y", "z")),
]
SLOPES = {
    "s": np.array([0.25, -0.5, 0.0, 0.9, 0.1, 0.3], np.float32).reshape(6, 1, 1),
    "t": np.array([0.25, 1.5, 0.0, 2.0, 0.1, 0.3], np.float32).reshape(6, 1, 1),
}


@pytest.fixture
def made(make_graph, normal):
    def build(case):
        named = {name for _, read, _ in case.rows for name in read.split()}
        constants = {name: normal(*shape, seed=5, scale=0.5) for name, shape in SHAPES.items() if name in named}
        constants |= {name: data for name, data in SLOPES.items() if name in named}
        graph = make_graph({"x": (1, 3, 6, 8)}, case.rows, constants | case.constants, list(case.outputs))
        return decompose_prelu(graph)

    return build


def feed(normal, seed=1):
    return {"x": normal(1, 3, 6, 8, seed=seed)}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_onnx_runtime_computes_every_convolution_in_integers(made, plan_of, tmp_path, case):
    graph = made(case)
    model = tmp_path / "model.onnx"
    model.write_bytes(write_onnx(insert_quantization(graph, plan_of(graph, ORT_U8S8), ORT)))
    found = ort_kernels(model)
    weighted = sum(isinstance(node.op, Conv | Gemm) for node in graph.nodes)
    assert (found.planned, found.in_integers, found.in_float) == (weighted, weighted, 0)
    assert found.left_in_float == ()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_onnx_runtime_computes_what_the_plan_means(made, plan_of, emulated, normal, case):
    graph = made(case)
    plan = plan_of(graph, ORT_U8S8)
    model = write_onnx(insert_quantization(graph, plan, ORT))
    fused, plain = OrtRunner(model), OrtRunner(model, optimize=False)
    for seed in (1, 2):
        wanted = emulated(graph, plan, feed(normal, seed))
        for name in graph.outputs:
            step = plan.params[name].scale[0]
            for runner in (fused, plain):
                found = runner.run(feed(normal, seed))[name]
                apart = np.abs(found - wanted[name]) / step
                assert apart.max() <= 1.01
                assert apart.sum() <= 1.01 * max(1, 0.05 * apart.size)  # a tie may fall to either side
                np.testing.assert_allclose(found / step, np.rint(found / step), atol=1e-3)


def test_every_reader_of_a_name_gets_the_quantized_value(branching, plan_of, emulated, normal):
    plan = plan_of(branching, ORT_U8S8)
    inserted = insert_quantization(branching, plan, ORT)
    x = {"x": normal(1, 3, 12, 16, seed=1)}
    names = [node.output for node in branching.nodes]
    found = OrtRunner(write_onnx(inserted, names), optimize=False).run(x)
    wanted = emulated(branching, plan, x)
    for name in names:
        assert np.abs(found[name] - wanted[name]).max() <= 1.01 * plan.params[name].scale[0], name
    assert (inserted.inputs, inserted.outputs) == (branching.inputs, branching.outputs)


def test_biases_are_int32_in_steps_of_input_times_weight(branching, plan_of):
    plan = plan_of(branching, ORT_U8S8)
    inserted = insert_quantization(branching, plan, ORT)
    stored, scale = inserted.constants["y/bias/stored"], inserted.constants["y/bias/scale"]
    assert stored.dtype == np.int32
    wanted = np.array(plan.params["w5"].scale, np.float32) * np.float32(plan.params["i"].scale[0])
    np.testing.assert_array_equal(scale, wanted)
    np.testing.assert_allclose(stored * scale, branching.constants["b5"], atol=scale.max() / 2)


def test_what_is_kept_in_float_is_computed_in_float(branching, plan_of, emulated, normal, tmp_path):
    kept = {"e0": "a test", "e": "a test", "y": "a test"}
    plan = plan_of(branching, ORT_U8S8, kept_float=kept)
    inserted = insert_quantization(branching, plan, ORT)
    by_name = {node.output: node for node in inserted.nodes}
    assert by_name["y"].inputs == ("i", "w5", "b5")
    assert isinstance(by_name["y"].op, Conv)
    model = tmp_path / "model.onnx"
    model.write_bytes(write_onnx(inserted))
    found = ort_kernels(model)
    assert (found.planned, found.in_integers, found.in_float, found.left_in_float) == (4, 4, 2, ())
    x = {"x": normal(1, 3, 12, 16, seed=1)}
    outputs, wanted = OrtRunner(model).run(x), emulated(branching, plan, x)
    assert np.abs(outputs["d"] - wanted["d"]).max() <= 1.01 * plan.params["d"].scale[0]
    assert np.abs(outputs["y"] - wanted["y"]).max() <= 2 * plan.params["i"].scale[0]


@pytest.mark.parametrize("op", [Conv(pads=SAME), Conv(pads=SAME, activation="relu")], ids=["plain", "relu"])
def test_a_convolution_kept_in_float_between_integers_stays_in_float(
    make_graph, plan_of, emulated, normal, tmp_path, op
):
    rows = [C0, (op, "a w6 b2", "b"), (Conv(), "b w2", "y")]
    constants = {name: normal(*SHAPES[name], seed=5) for name in ("w0", "b0", "w6", "b2", "w2")}
    constants["w6"][0] *= 1000  # one scale for all its channels would leave the others next to nothing
    graph = make_graph({"x": (1, 3, 6, 8)}, rows, constants)
    plan = plan_of(graph, ORT_U8S8, kept_float={"b": "a test"})
    model = tmp_path / "model.onnx"
    model.write_bytes(write_onnx(insert_quantization(graph, plan, ORT)))
    found = ort_kernels(model)
    assert (found.planned, found.in_integers, found.in_float) == (2, 2, 1)
    assert (found.left_in_float, found.unplanned) == ((), 0)
    wanted = emulated(graph, plan, feed(normal))["y"]
    assert np.abs(OrtRunner(model).run(feed(normal))["y"] - wanted).max() <= 1.01 * plan.params["y"].scale[0]


def test_an_integer_reader_of_a_float_value_without_a_scale_is_refused(branching, plan_of):
    plan = plan_of(branching, ORT_U8S8)
    params = {name: found for name, found in plan.params.items() if name != "e"}
    with pytest.raises(GraphError, match="has no scale") as caught:
        insert_quantization(branching, QuantPlan(params, in_float32({"e": "a test"})), ORT)
    assert "tensor 'e'" in caught.value.where


def weighted_only(case):
    """Whether nothing but convolutions reads what convolutions read, so that both placements round the same."""
    convolved = {read.split()[0] for op, read, _ in case.rows if isinstance(op, Conv | Gemm)}
    others = {name for op, read, _ in case.rows if not isinstance(op, Conv | Gemm) for name in read.split()}
    return not convolved & (others | set(case.outputs))


@pytest.mark.parametrize("case", [c for c in CASES if weighted_only(c)], ids=lambda c: c.name)
def test_shifted_values_give_the_numbers_that_zero_points_give(made, plan_of, normal, case):
    graph = made(case)
    plan = plan_of(graph, TENSORRT_INT8)
    assert any(params.zero_point for params in plan.params.values())
    runners = [
        OrtRunner(write_onnx(insert_quantization(graph, plan, placement)), optimize=False)
        for placement in (WITH_ZERO_POINTS, SHIFTED)
    ]
    for seed in (1, 2):
        wanted, found = (runner.run(feed(normal, seed)) for runner in runners)
        for name in graph.outputs:
            np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=1e-5 * np.abs(wanted[name]).max())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_shifted_values_match_the_plan(made, plan_of, emulated, normal, case):
    graph = made(case)
    plan = plan_of(graph, TENSORRT_INT8)
    found = OrtRunner(write_onnx(insert_quantization(graph, plan, SHIFTED)), optimize=False).run(feed(normal))
    wanted = emulated(graph, plan, feed(normal), convolved=True)
    for name in graph.outputs:
        np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=2e-5 * np.abs(wanted[name]).max())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_the_shifted_form_has_zero_points_of_0_and_float_biases(made, plan_of, case):
    graph = made(case)
    inserted = insert_quantization(graph, plan_of(graph, TENSORRT_INT8), SHIFTED)
    pairs = [node for node in inserted.nodes if isinstance(node.op, QuantizeLinear | DequantizeLinear)]
    assert pairs
    assert all(not inserted.constants[node.inputs[2]].any() for node in pairs)
    assert all(inserted.type(node.inputs[2]).dtype == "int8" for node in pairs)
    for node in inserted.nodes:
        if isinstance(node.op, Conv | Gemm):
            sources = [inserted.producers.get(name) for name in node.inputs[:2]]
            assert all(source is not None and isinstance(source.op, DequantizeLinear) for source in sources)
            assert all(inserted.constants[name].dtype == np.float32 for name in node.inputs[2:])


def test_shifted_readers_with_different_pads_have_a_border_each_and_the_rest_in_common(make_graph, normal, plan_of):
    rows = [
        (Relu(), "x", "a"),
        (Conv(pads=SAME), "a w0", "p"),
        (Conv(pads=SAME), "a w0", "q"),
        (Conv(), "a w5", "r"),
        (Conv(pads=(0, 1, 2, 0)), "a w0", "s"),
    ]
    constants = {name: normal(*SHAPES[name], seed=5) for name in ("w0", "w5")}
    graph = make_graph({"x": (1, 3, 6, 8)}, rows, constants, ["p", "q", "r", "s", "a"])
    plan = plan_of(graph, TENSORRT_INT8)
    inserted = insert_quantization(graph, plan, SHIFTED)
    read = {node.output: node.inputs[0] for node in inserted.nodes if isinstance(node.op, Conv)}
    assert read["p"] == read["q"]
    assert len(set(read.values())) == 3
    wanted, found = (
        OrtRunner(write_onnx(made), optimize=False).run(feed(normal))
        for made in (insert_quantization(graph, plan, WITH_ZERO_POINTS), inserted)
    )
    for name in "pqrs":
        np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=1e-5 * np.abs(wanted[name]).max())
    np.testing.assert_array_equal(found["a"], np.maximum(feed(normal)["x"], 0))


def test_a_value_of_scale_but_no_zero_point_is_rounded_where_it_is_made(make_graph, normal, plan_of):
    rows = [(Conv(), "x w5", "a"), (Conv(), "a w2", "y")]
    graph = make_graph({"x": (1, 3, 6, 8)}, rows, {name: normal(*SHAPES[name]) for name in ("w5", "w2")})
    plan = plan_of(graph, TENSORRT_INT8, known={"a": (-128.0, 127.0)})
    assert plan.params["a"].zero_point == 0
    inserted = insert_quantization(graph, plan, SHIFTED)
    assert isinstance(inserted.producers["a"].op, DequantizeLinear)


def test_integer_biases_of_shifted_values_are_refused():
    with pytest.raises(ValueError, match="int32"):
        Placement("convolved", "int32", zero_points=False)
