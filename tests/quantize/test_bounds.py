"""Bounds that the graph itself computes are those of its whole values."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu, Sigmoid, Tanh
from edgeface.graph.ops.arithmetic import Add, Concat
from edgeface.graph.ops.comparison import Greater, Where
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.ops.spatial import MaxPool
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.observe import observed_onnx

SIZE = (1, 4, 6, 5)
CASES = {
    "none": [],
    "relu": [(Relu(), "c", "y")],
    "leaky": [(LeakyRelu(0.1), "c", "y")],
    "inverting": [(LeakyRelu(-0.3), "c", "y")],
    "clip": [(Clip(-0.5, 0.7), "c", "y")],
    "sigmoid": [(Sigmoid(), "c", "y")],
    "tanh": [(Tanh(), "c", "y")],
    "prelu": [(PRelu(), "c positive", "y")],
    "prelu of any sign": [(PRelu(), "c signed", "y")],
    "prelu by pixel": [(PRelu(), "c pixels", "y")],
    "add": [(Add(), "c x", "y")],
    "add and relu": [(Add("relu"), "c x", "y")],
    "concat": [(Concat(1), "c x", "y")],
    "concat of rows": [(Concat(2), "c x", "y")],
    "concat with a constant": [(Concat(1), "c pixels", "y")],
    "reshape": [(Reshape((1, 120)), "c", "y")],
    "reshape to an image": [(Reshape((1, 8, 3, 5)), "c", "y")],
    "transpose": [(Transpose((0, 2, 3, 1)), "c", "y")],
    "pool": [(MaxPool((2, 2), (2, 2)), "c", "y")],
    "a choice": [(Greater(), "c x", "t"), (Where(), "t c x", "y")],
    "two": [(LeakyRelu(0.2), "c", "a"), (Reshape((1, 30, 4)), "a", "b"), (Concat(1), "b b", "y")],
}


@pytest.fixture
def made(make_graph, normal):
    def make(rows, fused="none"):
        constants = {
            "w": normal(4, 4, 3, 3),
            "positive": np.abs(normal(4, 1, 1)),
            "signed": normal(4, 1, 1),
            "pixels": normal(*SIZE),
        }
        first = (Conv(pads=(1, 1, 1, 1), activation=fused), "x w", "c")
        used = {name for _, inputs, _ in rows for name in inputs.split()} | {"w"}
        kept = {name: data for name, data in constants.items() if name in used}
        return make_graph({"x": SIZE}, [first, *rows], kept, [rows[-1][-1] if rows else "c"])

    return make


def by_numpy(graph, values):
    found = {}
    for name in graph.reals:
        rank = len(graph.type(name).shape)
        flat = values[name].reshape(values[name].shape[1] if rank == 4 else 1, -1)
        found[name] = flat.min(axis=1), flat.max(axis=1)
    return found


@pytest.mark.parametrize("fused", ["none", "relu", "relu6"])
@pytest.mark.parametrize("name", CASES)
def test_bounds_of_every_value_are_exact(made, normal, name, fused):
    graph = made(CASES[name], fused)
    bounds, feed = Bounds(graph), {"x": normal(*SIZE, seed=3)}
    values = {**feed, **OrtRunner(observed_onnx(graph), optimize=False).run(feed)}
    outputs = OrtRunner(bounds.model.onnx, optimize=False, in_order=True).run(feed)
    found = bounds.of_every_value(bounds.of_outputs(outputs))
    assert set(found) == set(graph.reals)
    for value, (low, high) in by_numpy(graph, values).items():
        np.testing.assert_array_equal(found[value][1], high, err_msg=value)
        seen = found[value][0]
        np.testing.assert_array_equal(seen[low < 0], low[low < 0], err_msg=value)
        assert ((seen >= 0) & (seen <= low))[low >= 0].all()  # every range includes zero


@pytest.mark.parametrize("name", CASES)
def test_whole_values_give_the_same_bounds(made, normal, name):
    graph = made(CASES[name])
    bounds, feed = Bounds(graph), {"x": normal(*SIZE, seed=3)}
    values = {**feed, **OrtRunner(observed_onnx(graph), optimize=False).run(feed)}
    outputs = OrtRunner(bounds.model.onnx, optimize=False).run(feed)
    for one, other in zip(bounds.of_values(values), bounds.of_outputs(outputs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_whole_activation_is_an_output(made):
    graph = made(CASES["two"])
    shapes = [len(spec.shape) for spec in OrtRunner(Bounds(graph).model.onnx).outputs]
    assert max(np.prod(spec.shape) for spec in OrtRunner(Bounds(graph).model.onnx).outputs) == 4
    assert len(shapes) == 4  # of x and c; the others follow


def test_each_bound_is_listed_right_after_its_value(made):
    nodes = onnx.load_from_string(Bounds(made(CASES["add"])).model.onnx).graph.node
    added = {"ReduceMin", "ReduceMax"}
    names = [node.input[0] if node.op_type in added else node.output[0] for node in nodes]
    assert names == ["x", "x", "c", "c", "c", "y", "y", "y"]


def test_names_of_bounds_do_not_collide_with_values(make_graph, normal):
    graph = make_graph({"x": SIZE}, [(Tanh(), "x", "x/low"), (Tanh(), "x/low", "x/high"), (Tanh(), "x/high", "axes")])
    bounds, feed = Bounds(graph), {"x": normal(*SIZE)}
    low, _ = bounds.of_outputs(OrtRunner(bounds.model.onnx).run(feed))
    np.testing.assert_array_equal(low[:4], feed["x"][0].min(axis=(1, 2)))


def test_the_runtimes_own_rewriting_keeps_bounds_within_rounding(made, normal):
    graph = made(CASES["leaky"], "none")
    bounds, feed = Bounds(graph), {"x": normal(*SIZE, seed=3)}
    one, other = (
        bounds.of_outputs(OrtRunner(bounds.model.onnx, optimize=on, in_order=on).run(feed)) for on in (True, False)
    )
    for found, wanted in zip(one, other, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
