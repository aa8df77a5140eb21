"""Groups of nodes: modules where names tell them, positions where they do not; patterns match members only."""

from fnmatch import fnmatchcase

import numpy as np
import pytest

from edgeface.compile.repair.groups import FINE, MOST, node_groups, patterns
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import TensorType

CONV = Conv(strides=(1, 1), pads=(1, 1, 1, 1), dilations=(1, 1), groups=1)


def network(origins, branch=True):
    """A row of convolutions with these origins, each with a ReLU; with `branch`, the last adds the middle."""
    weight = np.ones((2, 2, 3, 3), np.float32)
    nodes, last, kept = [], "x", "x"
    for number, origin in enumerate(origins):
        nodes += [
            Node(CONV, (last, "w"), (f"c{number}",), origin),
            Node(Relu(), (f"c{number}",), (f"r{number}",), origin),
        ]
        last = f"r{number}"
        kept = last if number == len(origins) // 2 else kept
    if branch:
        nodes.append(Node(Add(), (last, kept), ("sum",), f"{origins[-1]}_add"))
        last = "sum"
    return Graph.build("g", [Value("x", TensorType((1, 2, 8, 8)))], [last], nodes, {"w": weight})


def outputs(graph):
    return {node.output for node in graph.nodes}


def detector():
    blocks = [f"/body/stage{stage}/stage{stage}.{block}/conv/Conv" for stage in (1, 2, 3) for block in range(4)]
    return network([*blocks, *(f"/fpn/output{i}/Conv" for i in (1, 2, 3)), *(f"/ssh{i}/conv/Conv" for i in (1, 2, 3))])


def test_modules_are_groups_in_two_sizes():
    names = [group.name for group in node_groups(detector(), outputs(detector()))]
    assert {"stage1", "stage2", "stage3", "fpn", "ssh1", "ssh2"} <= set(names)
    assert {"stage2.0", "stage2.3", "output1"} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["Conv_{}", "{}", "conv*[{}]", "a/{}", "/model/Conv_{}"])
def test_names_without_a_hierarchy_are_grouped_by_position(name):
    graph = network([name.format(number) for number in range(24)])
    groups = node_groups(graph, outputs(graph))
    assert 6 <= len(groups) <= 6 + FINE
    order = {node.output: index for index, node in enumerate(graph.nodes)}
    for group in groups:
        places = sorted(order[output] for output in group.outputs)
        assert places == list(range(places[0], places[-1] + 1))


@pytest.mark.parametrize(
    "graph",
    [detector(), network([f"Conv_{i}" for i in range(24)]), network([f"/m/b[{i}]/c*/Conv" for i in range(9)])],
    ids=["modules", "positions", "signs of patterns"],
)
def test_patterns_match_the_group_and_nothing_else(graph):
    switchable = outputs(graph)
    groups = node_groups(graph, switchable)
    for group in groups:
        matched = {n.output for n in graph.nodes if any(fnmatchcase(n.origin, each) for each in group.patterns)}
        assert matched == group.outputs
    assert frozenset().union(*(group.outputs for group in groups)) == switchable
    assert len(groups) <= 2 * MOST


def test_nodes_that_cannot_change_are_in_no_group():
    graph = detector()
    switchable = {o for o in outputs(graph) if graph.producers[o].origin.startswith("/ssh")}
    groups = node_groups(graph, switchable)
    assert frozenset().union(*(group.outputs for group in groups)) == switchable
    assert not node_groups(graph, ())


def test_one_node_is_one_group():
    graph = network(["only"], branch=False)
    assert [group.patterns for group in node_groups(graph, outputs(graph))] == [("only",)]


def test_whole_modules_are_one_pattern_and_single_nodes_their_names():
    assert list(patterns(["/a/x/Conv", "/a/y/Conv"], ["/b/Conv"])) == ["/a/*"]
    assert list(patterns(["/a/Add", "/a/y/Conv"], ["/a/x/Conv"])) == ["/a/Add", "/a/y/*"]
    assert list(patterns(["Conv_1"], ["Conv_10"])) == ["Conv_1"]
