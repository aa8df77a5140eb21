from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.activations import Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import TensorType

X = Value("x", TensorType((1, 3, 5, 7)))


def build(*nodes, outputs=("y",), constants=None):
    return Graph.build("g", [X], outputs, nodes, constants or {})


def test_nodes_are_sorted_and_what_no_output_needs_is_dropped():
    graph = build(
        Node(Add(), ("b", "a"), ("y",)),
        Node(Relu(), ("a",), ("b",)),
        Node(Sigmoid(), ("b",), ("unread",)),
        Node(Sigmoid(), ("x",), ("a",)),
        constants={"unread_weight": np.zeros(3, np.float32)},
    )
    assert [n.output for n in graph.nodes] == ["a", "b", "y"]
    assert set(graph.values) == {"x", "a", "b", "y"}
    assert graph.activations == ("x", "a", "b", "y")


def test_types_producers_and_readers_follow_from_the_nodes():
    graph = build(
        Node(Conv(strides=(2, 2)), ("x", "w"), ("a",), "stem"),
        Node(Relu(), ("a",), ("b",)),
        Node(Add(), ("a", "b"), ("y",)),
        constants={"w": np.ones((4, 3, 3, 3), np.float32)},
    )
    assert str(graph.type("a")) == "float32[1,4,2,3]"
    assert [n.output for n in graph.consumers["a"]] == ["b", "y"]
    assert graph.consumers["y"] == ()
    assert graph.only_reader("a") is None
    assert graph.only_reader("b") is graph.producers["y"]
    assert graph.only_reader("y") is None
    assert graph.macs() == 4 * 2 * 3 * 27
    assert str(graph.nodes[0]) == "Conv 'a' (from stem)"


def test_an_output_that_is_read_has_no_only_reader():
    graph = build(Node(Relu(), ("x",), ("a",)), Node(Relu(), ("a",), ("y",)), outputs=("a", "y"))
    assert graph.only_reader("a") is None


@pytest.mark.parametrize(
    ("nodes", "says", "where"),
    [
        ([Node(Add(), ("x", "y"), ("a",)), Node(Relu(), ("a",), ("y",))], "cycle", "Add 'a'"),
        ([Node(Relu(), ("x",), ("y",)), Node(Sigmoid(), ("x",), ("y",))], "produced twice", "Sigmoid 'y'"),
        ([Node(Relu(), ("x",), ("x",)), Node(Relu(), ("x",), ("y",))], "produced twice", "'x'"),
        ([Node(Add(), ("x", "absent"), ("y",))], "no node produces the value 'absent'", "Add 'y'"),
        ([Node(Relu(), ("x",), ("z",))], "no node produces the value 'y'", "graph output"),
        ([Node(Relu(), ("x",), ("y", "z"))], "has 1 outputs, 2 are named", "Relu 'y'"),
    ],
)
def test_a_broken_graph_is_refused_with_the_node(nodes, says, where):
    with pytest.raises(GraphError) as caught:
        build(*nodes)
    assert says in caught.value.what
    assert where in (caught.value.where or "")


def test_an_op_that_refuses_its_inputs_names_the_node():
    with pytest.raises(GraphError, match="does not fit input") as caught:
        build(Node(Conv(), ("x", "w"), ("y",), "stem"), constants={"w": np.ones((4, 2, 1, 1), np.float32)})
    assert caught.value.where == "Conv 'y' (from stem)"


def test_a_constant_of_unknown_dtype_is_refused():
    with pytest.raises(GraphError, match="float64") as caught:
        build(Node(Add(), ("x", "c"), ("y",)), constants={"c": np.zeros(1)})
    assert caught.value.where == "tensor 'c'"


def test_graphs_and_their_constants_cannot_be_changed():
    graph = build(Node(Add(), ("x", "c"), ("y",)), constants={"c": np.zeros(1, np.float32)})
    with pytest.raises(ValueError, match="read-only"):
        graph.constants["c"][0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.name = "h"


def test_rebuild_changes_outputs_constants_or_nodes_and_nothing_else():
    graph = build(
        Node(Add(), ("x", "c"), ("a",)), Node(Relu(), ("a",), ("y",)), constants={"c": np.zeros(1, np.float32)}
    )
    changed = graph.rebuild(constants={"c": np.ones(1, np.float32)}, outputs=["a"])
    assert [n.output for n in changed.nodes] == ["a"]
    assert changed.constants["c"].tolist() == [1.0]
    assert graph.constants["c"].tolist() == [0.0]


def test_a_constant_may_be_an_output():
    graph = build(Node(Relu(), ("x",), ("y",)), outputs=("y", "c"), constants={"c": np.zeros((2, 3), np.float32)})
    assert graph.type("c").shape == (2, 3)
