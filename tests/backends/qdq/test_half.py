from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeface.backends import target
from edgeface.backends.onnx.as_typed import open_as_typed
from edgeface.backends.qdq.half import HALF_MAX, to_half
from edgeface.backends.target import EmitOptions
from edgeface.errors import GraphError
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Clip, Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.comparison import Greater, Where
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.quantization import Cast
from edgeface.quantize.plan import QuantPlan, in_float32

IMAGE = (1, 3, 12, 16)


def half_plan(single=()):
    """Everything in float16 but for these values."""
    return QuantPlan(stated=in_float32(dict.fromkeys(single, "a test")), default="float16")


def half_of(graph, single=()):
    return to_half(graph, half_plan(single))


@pytest.fixture
def as_typed(tmp_path):
    def run(graph, feeds, *further):
        path = tmp_path / "model.onnx"
        path.write_bytes(write_onnx(graph, [*graph.outputs, *further]))
        return open_as_typed(path).run(feeds)

    return run


def dtypes(graph):
    return {node.output: graph.type(node.output).dtype for node in graph.nodes}


def casts(graph):
    return [(node.inputs[0], node.output, node.op.to) for node in graph.nodes if isinstance(node.op, Cast)]


def test_inputs_and_outputs_stay_float32_and_all_between_is_float16(branching):
    half = half_of(branching)
    assert {half.type(name).dtype for name in (*half.inputs, *half.outputs)} == {"float32"}
    assert {name for name, dtype in dtypes(half).items() if dtype == "float32"} == set(half.outputs)
    assert all(data.dtype == np.float16 for data in half.constants.values())
    assert casts(half) == [("x", "x/half", "float16"), ("d/half", "d", "float32"), ("y/half", "y", "float32")]


def test_the_numbers_are_near_those_of_float32_but_not_the_same(branching, as_typed, evaluate, normal):
    feeds = {"x": normal(*IMAGE, seed=1)}
    found, wanted = as_typed(half_of(branching), feeds), evaluate(branching, feeds)
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], array, rtol=0, atol=5e-3 * np.abs(array).max())
        assert not np.array_equal(found[name], array)
        np.testing.assert_array_equal(found[name].astype(np.float16).astype(np.float32), found[name])


def test_an_output_that_is_also_read_inside_is_read_in_float16(branching):
    readers = [node for node in half_of(branching).nodes if "d/half" in node.inputs or "d" in node.inputs]
    assert {(type(node.op), node.output, node.inputs[0]) for node in readers} == {
        (Cast, "d", "d/half"),
        (Conv, "e0", "d/half"),
        (Conv, "g", "d/half"),
    }


def test_float_fallback_is_computed_in_float32_with_unchanged_weights(branching, as_typed, normal):
    half = half_of(branching, {"b", "c"})
    kinds = dtypes(half)
    assert (kinds["a"], kinds["b"], kinds["c"], kinds["e0"]) == ("float16", "float32", "float32", "float16")
    assert half.constants["w1"].dtype == np.float32
    assert ("a", "a/single", "float32") in casts(half)
    assert ("c", "c/half", "float16") in casts(half)
    found = as_typed(half, {"x": normal(*IMAGE)}, "a", "b")
    for name, rounded in (("a", True), ("b", False)):
        assert np.array_equal(found[name], found[name].astype(np.float16).astype(np.float32)) is rounded


def test_float_fallback_of_all_nodes_is_the_graph_in_float32(branching, as_typed, evaluate, normal):
    feeds = {"x": normal(*IMAGE)}
    whole = half_of(branching, {node.output for node in branching.nodes})
    assert casts(whole) == []
    for name, array in evaluate(branching, feeds).items():
        np.testing.assert_array_equal(as_typed(whole, feeds)[name], array)


def test_a_constant_that_both_sides_read_is_held_in_both_types(make_graph, normal):
    rows = [(Add(), "x c", "a"), (Add(), "a c", "y")]
    half = half_of(make_graph({"x": (1, 4)}, rows, {"c": normal(4)}), {"y"})
    assert {name: data.dtype.name for name, data in half.constants.items()} == {"c/half": "float16", "c": "float32"}


def test_a_constant_too_large_for_float16_is_refused_by_name(make_graph):
    for largest, refused in ((HALF_MAX, False), (70_000.0, True), (-70_000.0, True)):
        graph = make_graph({"x": (1, 2)}, [(Add(), "x c", "y")], {"c": np.array([1, largest], np.float32)})
        if not refused:
            assert float(half_of(graph).constants["c/half"][1]) == HALF_MAX
            continue
        with pytest.raises(GraphError, match="7e\\+04 does not fit float16") as caught:
            half_of(graph)
        assert caught.value.where == "tensor 'c'"
        assert "float32 or int8" in caught.value.fix
        half_of(graph, {"y"})


def test_a_clip_beyond_float16_cuts_nothing_there(make_graph, as_typed, normal):
    graph = make_graph({"x": (1, 9)}, [(Clip(0.0, 1e6), "x", "y")])
    x = normal(1, 9, scale=100)
    found = as_typed(half_of(graph), {"x": x})["y"]
    np.testing.assert_allclose(found, np.maximum(x, 0), rtol=1e-3)


@pytest.mark.parametrize("name", ["onnx-fp16", "tensorrt-fp16"])
def test_half_targets_keep_what_the_plan_keeps_and_need_half_the_bytes(branching, name):
    plan = half_plan({"b"})
    model = onnx.load_from_string(target(name).emit_model(branching, plan, EmitOptions()))
    types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert types["w1"] == onnx.TensorProto.FLOAT
    assert types["w2/half"] == onnx.TensorProto.FLOAT16
    assert {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)} == {
        onnx.TensorProto.FLOAT
    }
    sizes = [
        len(target(f"{name.split('-')[0]}-{kind}").emit_model(branching, given, EmitOptions()))
        for kind, given in (("fp16", half_plan()), ("fp32", QuantPlan()))
    ]
    assert sizes[0] < 0.9 * sizes[1]


def test_a_graph_that_makes_nothing_in_float16_is_unchanged(make_graph):
    graph = make_graph({"x": (1, 9)}, [(Relu(), "x", "y")])
    assert [str(node.op) for node in half_of(graph, {"y"}).nodes] == [str(node.op) for node in graph.nodes]


@pytest.mark.parametrize(("single", "compared"), [((), "float16"), (("a", "b"), "float32"), (("a",), "float32")])
def test_values_are_compared_in_their_own_type(make_graph, normal, evaluate, as_typed, single, compared):
    rows = [
        (Relu(), "x", "a"),
        (Add(), "x c", "b"),
        (Greater(), "a b", "t"),
        (Where(), "t a b", "z"),
        (Relu(), "z", "y"),
    ]
    graph = make_graph({"x": IMAGE}, rows, {"c": np.array([[[-1]], [[0.5]], [[2]]], np.float32)})
    half = half_of(graph, single)
    test = next(node for node in half.nodes if isinstance(node.op, Greater))
    assert {half.type(name).dtype for name in test.inputs} == {compared}
    feeds = {"x": normal(*IMAGE)}
    np.testing.assert_allclose(as_typed(half, feeds)["y"], evaluate(graph, feeds)["y"], atol=4e-3)
