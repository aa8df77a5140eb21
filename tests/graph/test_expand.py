from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.qdq.half import to_half
from edgeface.graph.expand import expand
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.functions import Function
from edgeface.graph.ops.reduction import Reduce, ReduceL2
from edgeface.graph.ops.smooth_activations import Mish, Selu
from edgeface.quantize.plan import QuantPlan


@pytest.mark.parametrize(("op", "left"), [(Mish(), "Mul"), (Selu(), "Elu"), (ReduceL2((1,), False), "Reshape")])
def test_an_expansion_computes_the_same_under_the_same_names(make_graph, normal, evaluate, op, left):
    graph = make_graph({"x": (1, 3, 4, 5)}, [(Relu(), "x", "a"), (op, "a", "b"), (Relu(), "b", "y")])
    found = expand(graph, lambda each: isinstance(each, Function | Reduce) and type(each).__name__ != "Elu")
    assert left in {type(node.op).__name__ for node in found.nodes}
    assert not any(type(node.op) is type(op) for node in found.nodes)
    feeds = {"x": normal(1, 3, 4, 5)}
    wanted = evaluate(graph, feeds, "b")
    np.testing.assert_allclose(evaluate(found, feeds, "b")["b"], wanted["b"], rtol=1e-5, atol=1e-6)


def test_what_is_not_wanted_or_elementary_stays(make_graph):
    graph = make_graph({"x": (1, 3)}, [(Mish(), "x", "a"), (Relu(), "a", "y")])
    assert expand(graph, lambda _: False) is graph
    assert expand(graph, lambda op: isinstance(op, Relu)) is graph


def test_constants_have_the_type_of_what_is_expanded(make_graph):
    graph = to_half(make_graph({"x": (1, 3)}, [(Selu(), "x", "y")]), QuantPlan(default="float16"))
    assert {data.dtype.name for data in expand(graph, lambda op: isinstance(op, Selu)).constants.values()} == {
        "float16"
    }
