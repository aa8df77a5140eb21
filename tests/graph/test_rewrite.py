from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import GraphError
from edgeface.graph import rewrite
from edgeface.graph.ir import Node
from edgeface.graph.ops.activations import Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules, refusals


def join_two_relus(graph, node):
    if not isinstance(node.op, Relu):
        return None
    first = graph.producers.get(node.inputs[0])
    if first is None or not isinstance(first.op, Relu):
        return None
    if graph.only_reader(first.output) is None:
        return Refusal(f"{first.output} is read elsewhere")
    return Rewrite([first, node], [Node(Relu(), first.inputs, node.outputs)])


def test_a_rule_fires_until_none_matches(make_graph):
    graph = make_graph({"x": (3,)}, [(Relu(), "x", "a"), (Relu(), "a", "b"), (Relu(), "b", "c"), (Relu(), "c", "y")])
    rewritten = apply_rules(graph, join_two_relus)
    assert [(n.inputs, n.outputs) for n in rewritten.nodes] == [(("x",), ("y",))]
    assert len(graph.nodes) == 4


def test_a_refusal_keeps_the_graph_and_has_a_reason(make_graph):
    graph = make_graph({"x": (3,)}, [(Relu(), "x", "a"), (Relu(), "a", "b"), (Add(), "a b", "y")])
    assert apply_rules(graph, join_two_relus) is graph
    assert refusals(graph, join_two_relus) == [(graph.producers["b"], "a is read elsewhere")]


def test_a_rewrite_may_bring_constants_and_several_nodes(make_graph):
    def shift(_, node):
        if not isinstance(node.op, Sigmoid):
            return None
        added = [Node(Add(), (*node.inputs, "one"), ("moved",)), Node(Relu(), ("moved",), node.outputs)]
        return Rewrite([node], added, {"one": np.ones(1, np.float32)})

    graph = apply_rules(make_graph({"x": (3,)}, [(Sigmoid(), "x", "a"), (Relu(), "a", "y")]), shift)
    assert [type(n.op).__name__ for n in graph.nodes] == ["Add", "Relu", "Relu"]
    assert graph.constants["one"].tolist() == [1.0]


def test_rules_that_undo_each_other_are_an_error(make_graph, monkeypatch):
    def swing(_, node):
        other = {Relu: Sigmoid, Sigmoid: Relu}[type(node.op)]
        return Rewrite([node], [Node(other(), node.inputs, node.outputs)])

    monkeypatch.setattr(rewrite, "MAX_REWRITES", 20)
    with pytest.raises(GraphError, match="does not terminate after 20 steps") as caught:
        apply_rules(make_graph({"x": (3,)}, [(Relu(), "x", "y")]), swing)
    assert caught.value.where == "swing"


def test_a_rewrite_that_loses_a_value_is_an_error(make_graph):
    def lose(_, node):
        return Rewrite([node], [Node(Sigmoid(), node.inputs, ("lost",))]) if isinstance(node.op, Relu) else None

    with pytest.raises(GraphError, match="no node produces the value 'a'"):
        apply_rules(make_graph({"x": (3,)}, [(Relu(), "x", "a"), (Sigmoid(), "a", "y")]), lose)
