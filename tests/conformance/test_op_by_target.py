"""Op × target: each op in its odd forms, in ONNX Runtime against LiteRT's kernels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.lowerings import lowerings
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Clip, HardSwish, LeakyRelu, PRelu, Relu, Sigmoid, Softmax, Tanh
from edgeface.graph.ops.arithmetic import Add, Concat, Div, Mul, Sub
from edgeface.graph.ops.blocks import DepthToSpace, SpaceToDepth
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.matmul import MatMul
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.softmax import LogSoftmax
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take
from edgeface.graph.ops.tile import Tile
from edgeface.graph.types import TensorType
from edgeface.passes import run_passes
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.ranges import RangeRule

IMAGES = 6
NHWC = (0, 2, 3, 1)
REFUSED = "refused"
ELSEWHERE = {"functions", "smooth_activations", "comparison", "extremes", "power", "reduction", "local_response_norm"}
"""Modules of ops that test_elementwise_by_target.py runs."""
APART = {"local_response_norm"}
"""Modules of ops that LiteRT's reference kernels compute otherwise: test_local_response_norm.py."""


@dataclass(frozen=True)
class Case:
    """Rows (op, inputs, output) on `x`, with constants of the given shapes.

    steps: int8's largest error in output steps beyond what rounding the inputs causes; "refused" where int8 lacks it.
    transposes: TRANSPOSE operators that the case cannot do without.
    """

    name: str
    rows: tuple
    shape: tuple[int, ...] = (1, 4, 7, 5)
    constants: dict = field(default_factory=dict)
    steps: float | str = 1.6
    transposes: int = 0


def one(name, op, *constants, **rest):
    """A case of one op."""
    named = {f"c{i}": c for i, c in enumerate(constants)}
    return Case(name, ((op, " ".join(["x", *named]), "y"),), constants=named, **rest)


def conv(name, weight, bias=True, **rest):
    fields = {k: rest.pop(k) for k in list(rest) if k in {"strides", "pads", "dilations", "groups", "activation"}}
    return one(name, Conv(**fields), weight, *([(weight[0],)] if bias else []), **rest)


def both(name, op, **rest):
    """A case of two computed operands, the second a quarter of the first turned upside down."""
    rows = ((LeakyRelu(alpha=0.25), "x", "a"), (op, "x a", "y"))
    return Case(name, rows, **rest)


CASES = [
    conv("pointwise", (6, 4, 1, 1)),
    conv("same odd", (6, 4, 3, 3), pads=(1, 1, 1, 1)),
    conv("no bias", (6, 4, 3, 3), bias=False),
    conv("stride 2 on odd sizes", (6, 4, 3, 3), strides=(2, 2), pads=(1, 1, 1, 1)),
    conv(
        "stride 2 on even sizes pads unlike SAME", (6, 4, 3, 3), strides=(2, 2), pads=(1, 1, 1, 1), shape=(1, 4, 8, 6)
    ),
    conv("asymmetric pads", (6, 4, 3, 2), pads=(2, 0, 1, 3)),
    conv("dilated", (6, 4, 3, 3), dilations=(2, 2), pads=(2, 2, 2, 2)),
    conv("fused relu", (6, 4, 3, 3), activation="relu"),
    conv("fused relu6", (6, 4, 3, 3), activation="relu6"),
    conv("depthwise", (4, 1, 3, 3), groups=4, pads=(1, 1, 1, 1)),
    conv("depthwise stride 2", (4, 1, 3, 3), groups=4, strides=(2, 2), pads=(1, 1, 1, 1)),
    conv("depthwise with two filters a channel", (8, 1, 3, 3), groups=4, pads=(0, 1, 2, 1)),
    conv("grouped", (6, 2, 3, 3), groups=2, pads=(1, 1, 1, 1)),
    conv("grouped stride 2, relu", (6, 2, 3, 3), groups=2, strides=(2, 2), activation="relu"),
    conv("depthwise dilated", (4, 1, 3, 3), groups=4, dilations=(2, 2)),
    one("gemm", Gemm(), (5, 12), (5,), shape=(1, 12)),
    one("gemm without bias, relu", Gemm("relu"), (5, 12), shape=(1, 12)),
    Case(
        "flatten, gemm",
        ((Conv(), "x w", "a"), (Reshape((1, 6 * 5 * 3)), "a", "b"), (Gemm(), "b m", "y")),
        constants={"w": (6, 4, 3, 3), "m": (5, 90)},
    ),
    Case(
        "squeeze and excite through gemm",
        (
            (GlobalAveragePool(), "x", "a"),
            (Reshape((1, 4)), "a", "b"),
            (Gemm(), "b m", "c"),
            (Sigmoid(), "c", "d"),
            (Reshape((1, 4, 1, 1)), "d", "e"),
            (Mul(), "x e", "y"),
        ),
        constants={"m": (4, 4)},
    ),
    one("gemm of rows", Gemm(), (5, 12), (5,), shape=(2, 3, 12)),
    Case(
        "gemm along the channels of an image",
        ((Transpose(NHWC), "x", "a"), (Gemm("relu"), "a m", "b"), (Transpose((0, 3, 1, 2)), "b", "y")),
        constants={"m": (6, 4)},
    ),
    Case("channels of pixels as rows", ((Reshape((1, 4, 35)), "x", "a"), (Transpose((0, 2, 1)), "a", "y"))),
    Case(
        "matmul of rows by turned rows",
        ((LeakyRelu(alpha=0.25), "x", "a"), (Transpose((0, 1, 3, 2)), "a", "b"), (MatMul(), "x b", "y")),
        shape=(1, 3, 5, 8),
        transposes=3,  # the case's input and output are images
    ),
    one("matmul by constants", MatMul(), (2, 5, 4), shape=(2, 3, 5)),
    one("relu", Relu()),
    one("leaky relu", LeakyRelu(alpha=0.1)),
    one("prelu", PRelu(), (4, 1, 1)),
    one("sigmoid", Sigmoid()),
    one("tanh", Tanh()),
    one("hard swish", HardSwish()),
    one("softmax over channels", Softmax(1)),
    one("softmax of rows", Softmax(-1), shape=(1, 7, 5)),
    one("transposed 2×2", ConvTranspose((2, 2)), (4, 6, 2, 2), (6,)),
    one("transposed 4×4", ConvTranspose((2, 2), (1, 1, 1, 1)), (4, 6, 4, 4), (6,)),
    one("transposed 3×3", ConvTranspose((2, 2), (1, 1, 1, 1), output_padding=(1, 1)), (4, 6, 3, 3)),
    one("transposed, relu", ConvTranspose((2, 1), activation="relu"), (4, 6, 2, 3), (6,)),
    one("max pool, pads unlike SAME", MaxPool((3, 3), (2, 2), (1, 1, 1, 1)), shape=(1, 4, 8, 6)),
    one("resize, corners aligned", Resize((13, 9), "linear", "align_corners")),
    one("resize, asymmetric", Resize((13, 9), "linear", "asymmetric")),
    one("channels in another order", Take(1, (3, 0, 1, 1))),
    one("rows in another order", Take(2, (6, 5, 0))),
    one("every second pixel", StridedSlice((0, 1, 1, 0), (1, 4, 7, 5), (1, 1, 2, 2))),
    one("tile", Tile((1, 2, 1, 3))),
    one("a border of a half", ConstantPad((0, 0, 1, 2, 0, 0, 0, 1), 0.5)),
    one("depth to space", DepthToSpace(2)),
    one("space to depth", SpaceToDepth(2), shape=(1, 4, 6, 4)),
    one("softmax of columns", Softmax(1), shape=(1, 7, 5), transposes=2),
    one("log softmax", LogSoftmax(-1), shape=(1, 7, 5), steps=REFUSED),
    one("relu6", Clip(0.0, 6.0)),
    one("clip at 0", Clip(0.0)),
    one("clip", Clip(-0.3, 0.7)),
    one("clip above", Clip(high=0.7)),
    one("clip without 0", Clip(0.2, 0.7), steps=REFUSED),
    one("divide by a constant", Div(), np.array([3, -2, 1.5, 0.7], np.float32).reshape(4, 1, 1), steps=REFUSED),
    both("add", Add()),
    both("add, relu", Add("relu")),
    both("subtract", Sub()),
    both("multiply", Mul()),
    one("add a number", Add(), ()),
    one("add to channels", Add(), (4, 1, 1)),
    one("scale channels", Mul(), (1, 4, 1, 1)),
    one("add to columns", Add(), (5,)),
    one("add to a row vector", Add(), (12,), shape=(3, 12)),
    Case("constant first", ((Sub(), "c x", "y"),), constants={"c": (4, 1, 1)}),
    *(both(f"concat along axis {axis}", Concat(axis)) for axis in (1, 2, 3, -1)),
    Case(
        "concat of seven",
        (*((LeakyRelu(alpha=n / 10), "x", f"a{n}") for n in range(1, 8)), (Concat(1), "a1 a2 a3 a4 a5 a6 a7", "y")),
    ),
    one("reshape of rows", Reshape((1, 5, 7)), shape=(1, 7, 5)),
    one("reshape of an image", Reshape((1, 4, 35)), transposes=1),
    Case("to channels last, then rows", ((Transpose(NHWC), "x", "a"), (Reshape((1, 70, 2)), "a", "y"))),
    Case(
        "to channels last and back",
        ((Transpose(NHWC), "x", "a"), (Relu(), "a", "b"), (Transpose((0, 3, 1, 2)), "b", "y")),
    ),
    one("turn rows", Transpose((0, 2, 1)), shape=(1, 7, 5), transposes=1),
    one("slice", Slice((0, 1, 2, 0), (1, 3, 7, 4))),
    one("pad image", Pad((0, 0, 1, 0, 0, 0, 2, 3))),
    one("pad channels", Pad((0, 1, 0, 0, 0, 2, 0, 0))),
    one("max pool", MaxPool((2, 2), (2, 2))),
    one("max pool, padded as SAME", MaxPool((3, 3), (2, 2), (1, 1, 1, 1))),
    one("average pool", AveragePool((2, 3), (2, 1))),
    one("average pool, zeros counted", AveragePool((3, 3), (2, 2), (1, 1, 1, 1))),
    one("global average", GlobalAveragePool()),
    one("nearest, twice", Resize((14, 10))),
    one("nearest, odd", Resize((9, 13))),
    one("linear, twice", Resize((14, 10), "linear")),
    one("linear, smaller", Resize((3, 4), "linear")),
]
IDS = [case.name for case in CASES]


def seed_of(text):
    return [*text.encode()]


@cache
def built(name: str) -> tuple[Graph, list[dict]]:
    """The legalized graph of a case, and feeds."""
    case = next(c for c in CASES if c.name == name)
    random = np.random.default_rng(seed_of(name))
    constants = {
        k: v if isinstance(v, np.ndarray) else random.normal(size=v).astype(np.float32)
        for k, v in case.constants.items()
    }
    nodes = [Node(op, tuple(read.split()), (made,), made) for op, read, made in case.rows]
    graph = Graph.build("g", [Value("x", TensorType(case.shape))], ["y"], nodes, constants)
    feeds = [{"x": random.normal(size=case.shape).astype(np.float32) * 2} for _ in range(IMAGES)]
    return run_passes(graph, target("tflite-int8").legalize), feeds


def plan_of(graph, feeds) -> QuantPlan:
    runner = OrtRunner(observed_onnx(graph), optimize=False)
    scheme = target("tflite-int8").scheme
    return build_plan(graph, observe(graph, runner.run, feeds), scheme, RangeRule("minmax"))


def results(model: bytes, feeds, kernels, layout="nhwc"):
    runner = LiteRtRunner(model, kernels=kernels)
    shown = FloatRunner(runner, layout)
    return np.stack([shown.run(feed)["y"] for feed in feeds]), runner


def expected_of(graph, feeds):
    runner = OrtRunner(write_onnx(graph), optimize=False)
    return np.stack([runner.run(feed)["y"] for feed in feeds])


def transposes(runner) -> int:
    return sum(op.name == "TRANSPOSE" for op in runner.operators())


@pytest.mark.parametrize("kernels", ["reference", "xnnpack"])
@pytest.mark.parametrize(
    ("name", "tolerance"), [("tflite-fp32", 1e-5), ("tflite-fp16", 2e-3), ("tflite-dynamic", 1e-2)]
)
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_float_targets_compute_what_onnx_runtime_does(case, name, tolerance, kernels):
    graph, feeds = built(case.name)
    model = target(name).emit_model(graph, QuantPlan(), EmitOptions())
    found, runner = results(model, feeds, kernels)
    expected = expected_of(graph, feeds)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * max(1.0, np.abs(expected).max())
    assert transposes(runner) == case.transposes


@pytest.mark.parametrize("case", [c for c in CASES if c.steps != REFUSED], ids=lambda c: c.name)
def test_int8_stays_within_a_few_steps_and_kernels_agree(case):
    graph, feeds = built(case.name)
    plan = plan_of(graph, feeds)
    model = target("tflite-int8").emit_model(graph, plan, EmitOptions())
    reference, runner = results(model, feeds, "reference")
    delegated, _ = results(model, feeds, "xnnpack")
    expected = expected_of(graph, feeds)
    step = plan.params["y"].scale[0]
    noise = input_noise(graph, plan, feeds)
    assert np.abs(reference - expected).max() <= case.steps * step + noise
    assert np.abs(delegated - reference).max() <= (1.01 if len(case.rows) == 1 else 2.01) * step
    assert "int8" in {spec.dtype for spec in runner.tensors().values()}
    assert transposes(runner) == case.transposes


def input_noise(graph, plan, feeds) -> float:
    """How far the float graph moves when its input and weights are put on their int8 grids: no kernel's fault."""
    coarse = {
        name: plan.params[name].dequantize(plan.params[name].quantize(data)) if name in plan.params else data
        for name, data in graph.constants.items()
    }
    moved = [{"x": plan.params["x"].dequantize(plan.params["x"].quantize(feed["x"]))} for feed in feeds]
    return float(np.abs(expected_of(graph.rebuild(constants=coarse), moved) - expected_of(graph, feeds)).max())


@pytest.mark.parametrize("case", [c for c in CASES if c.steps == REFUSED], ids=lambda c: c.name)
def test_what_int8_lacks_is_refused_by_node(case):
    graph, feeds = built(case.name)
    with pytest.raises(GraphError) as caught:
        target("tflite-int8").emit_model(graph, plan_of(graph, feeds), EmitOptions())
    assert "'y'" in (caught.value.where or "")
    assert caught.value.fix


def test_every_op_with_a_lowering_has_a_case():
    covered = {type(op) for case in CASES for op, *_ in case.rows}
    elsewhere = {op for op in lowerings() if op.__module__.rpartition(".")[2] in ELSEWHERE | APART}
    assert {op.__name__ for op in set(lowerings()) - elsewhere} == {op.__name__ for op in covered}


@pytest.mark.parametrize("io", ["int8", "uint8"])
@pytest.mark.parametrize("name", ["same odd", "to channels last, then rows", "flatten, gemm", "sigmoid"])
def test_an_integer_interface_gives_the_same_results(name, io):
    graph, feeds = built(name)
    plan = plan_of(graph, feeds)
    emit = target("tflite-int8").emit_model
    float_io, _ = results(emit(graph, plan, EmitOptions()), feeds, "reference")
    integer_io, runner = results(emit(graph, plan, EmitOptions(io=io)), feeds, "reference")
    assert {spec.dtype for spec in (*runner.inputs, *runner.outputs)} == {io}
    np.testing.assert_allclose(integer_io, float_io, atol=1e-6)


def test_no_case_of_a_face_network_needs_a_transpose(make_graph, normal):
    """A backbone, two heads turned channels last and flattened, joined, and an embedding."""
    graph, feeds = face_like(make_graph, normal)
    plan = plan_of(graph, feeds)
    for name in ("tflite-fp32", "tflite-fp16", "tflite-dynamic", "tflite-int8"):
        given = plan if target(name).scheme else QuantPlan()
        for kernels in ("reference", "xnnpack"):
            assert transposes(LiteRtRunner(target(name).emit_model(graph, given, EmitOptions()), kernels=kernels)) == 0


def face_like(make_graph, normal):
    rows = [
        (Conv(strides=(2, 2), pads=(1, 1, 1, 1), activation="relu"), "x w0 b0", "a"),
        (Conv(strides=(2, 2), pads=(1, 1, 1, 1), activation="relu"), "a w1 b0", "b"),
        (Resize((12, 10)), "b", "up"),
        (Add(), "a up", "sum"),
        (Concat(1), "sum a", "ssh"),
        (Conv(), "ssh wh", "h0"),
        (Transpose(NHWC), "h0", "h1"),
        (Reshape((1, 240, 2)), "h1", "h2"),
        (Conv(), "b wk", "k0"),
        (Transpose(NHWC), "k0", "k1"),
        (Reshape((1, 60, 2)), "k1", "k2"),
        (Concat(1), "h2 k2", "logits"),
        (Softmax(-1), "logits", "scores"),
        (Reshape((1, 8 * 6 * 5)), "b", "flat"),
        (Gemm(), "flat wg", "y"),
    ]
    weights = {
        "w0": (8, 3, 3, 3),
        "w1": (8, 8, 3, 3),
        "b0": (8,),
        "wh": (4, 16, 1, 1),
        "wk": (4, 8, 1, 1),
        "wg": (16, 240),
    }
    constants = {name: normal(*shape, seed=7, scale=0.3) for name, shape in weights.items()}
    graph = make_graph({"x": (1, 3, 24, 20)}, rows, constants, ["scores", "y"])
    graph = run_passes(run_passes(graph), target("tflite-int8").legalize)
    return graph, [{"x": normal(1, 3, 24, 20, seed=n)} for n in range(IMAGES)]


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8"])
@pytest.mark.parametrize("shape", [(4, 1, 1), (5,), (7, 1), (4, 1, 5), (7, 5), (4, 7, 5), (1, 4, 1, 5)])
def test_a_computed_operand_of_lower_rank_is_broadcast_as_in_the_graph(make_graph, normal, name, shape):
    rows = [(Conv(), "x w", "a"), (LeakyRelu(alpha=0.5), "s", "t"), (Mul(), "t a", "y")]
    graph = make_graph({"x": (1, 4, 7, 5), "s": shape}, rows, {"w": normal(4, 4, 1, 1)})
    feeds = [{"x": normal(1, 4, 7, 5, seed=n), "s": normal(*shape, seed=n)} for n in range(IMAGES)]
    plan = plan_of(graph, feeds) if target(name).scheme else QuantPlan()
    model = target(name).emit_model(graph, plan, EmitOptions())
    found, _ = results(model, feeds, "xnnpack")
    expected = expected_of(graph, feeds)
    assert np.abs(found - expected).max() <= (0.1 if target(name).scheme else 1e-5) * np.abs(expected).max()
