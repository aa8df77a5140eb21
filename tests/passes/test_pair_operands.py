from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.extremes import Max, Mean, Min, Sum
from edgeface.passes.pair_operands import pair_operands

INPUTS = {"a": (1, 2, 3, 4), "b": (2, 1, 1), "c": (1, 2, 3, 4)}


@pytest.mark.parametrize("op", [Sum(), Mean(), Max(), Min()])
@pytest.mark.parametrize("read", ["a", "a a", "a b", "b a c", "a b c k", "b a a"])
def test_any_number_of_operands_is_computed_in_pairs(make_graph, same, op, read):
    graph = make_graph(INPUTS, [(op, read, "y")], {"k": np.array([1, -1, 2, 0.5], np.float32)} if "k" in read else {})
    paired = pair_operands(graph)
    assert all(len(node.inputs) <= 2 for node in paired.nodes)
    assert not any(isinstance(node.op, Sum | Mean) for node in paired.nodes)
    same(graph, paired)


def test_two_operands_of_other_ops_stay(make_graph):
    graph = make_graph(INPUTS, [(Max(), "a b", "m"), (Min(), "m c", "n"), (Add(), "m n", "y")])
    assert pair_operands(graph) is graph
