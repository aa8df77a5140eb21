from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import Clip, LeakyRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Mul, Sub
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.spatial import MaxPool
from edgeface.graph.rewrite import refusals
from edgeface.passes.fuse_activation import fuse, fuse_activation

IMAGE, ROW = (1, 4, 5, 6), (2, 4)


@pytest.mark.parametrize(
    ("activation", "kind"), [(Relu(), "relu"), (Clip(0.0, float("inf")), "relu"), (Clip(0.0, 6.0), "relu6")]
)
@pytest.mark.parametrize(
    ("op", "shape", "weight"),
    [
        (Conv(), IMAGE, (3, 4, 2, 2)),
        (Gemm(), ROW, (3, 4)),
        (Add(), IMAGE, (4, 1, 1)),
        (Sub(), ROW, (4,)),
        (Mul(), ROW, ()),
    ],
)
def test_an_activation_moves_into_the_op_before_it(make_graph, normal, same, op, shape, weight, activation, kind):
    graph = make_graph({"x": shape}, [(op, "x w", "a"), (activation, "a", "y")], {"w": normal(*weight)})
    fused = fuse_activation(graph)
    assert [n.op.fused for n in fused.nodes] == [kind]
    same(graph, fused)


def test_the_second_of_two_activations_stays(make_graph, normal, same, ops):
    rows = [(Conv(), "x w", "a"), (Clip(0.0, 6.0), "a", "b"), (Relu(), "b", "y")]
    graph = make_graph({"x": IMAGE}, rows, {"w": normal(3, 4, 1, 1)})
    fused = fuse_activation(graph)
    assert ops(fused) == ["Conv", "Relu"]
    assert [reason for _, reason in refusals(fused, fuse)] == ["the op before it already has an activation"]
    same(graph, fused)


@pytest.mark.parametrize("outputs", [["y", "a"], ["y", "z"]])
def test_a_result_that_is_read_elsewhere_keeps_its_activation_apart(make_graph, normal, outputs):
    rows = [(Conv(), "x w", "a"), (Relu(), "a", "y"), (LeakyRelu(), "a", "z")]
    graph = make_graph({"x": IMAGE}, rows, {"w": normal(3, 4, 1, 1)}, outputs)
    assert fuse_activation(graph) is graph
    assert [reason for _, reason in refusals(graph, fuse)] == ["'a' has other readers"]


@pytest.mark.parametrize("activation", [LeakyRelu(alpha=0.1), Clip(-1.0, 1.0), Clip(0.0, 5.0)])
def test_activations_that_no_op_can_take_stay(make_graph, normal, activation):
    graph = make_graph({"x": IMAGE}, [(Conv(), "x w", "a"), (activation, "a", "y")], {"w": normal(3, 4, 1, 1)})
    assert fuse_activation(graph) is graph


def test_an_activation_after_a_pool_or_an_input_stays(make_graph):
    graph = make_graph({"x": IMAGE}, [(Relu(), "x", "a"), (MaxPool((2, 2)), "a", "b"), (Relu(), "b", "y")])
    assert fuse_activation(graph) is graph
    assert len(refusals(graph, fuse)) == 2
