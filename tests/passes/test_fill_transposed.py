from __future__ import annotations

import pytest

from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.passes.fill_transposed import fill_transposed
from edgeface.passes.spread_transposed import spread_transposed

X = {"x": (1, 4, 3, 5)}


@pytest.mark.parametrize(
    "op",
    [
        ConvTranspose((2, 2), dilations=(2, 3)),
        ConvTranspose((2, 2), output_padding=(1, 0)),
        ConvTranspose((3, 2), (1, 0, 1, 0), (1, 2), (2, 1)),
    ],
)
def test_gaps_and_surplus_become_zeros_of_the_kernel(make_graph, normal, same, op):
    graph = make_graph(X, [(op, "x w b", "y")], {"w": normal(4, 2, 3, 2), "b": normal(2)})
    filled = fill_transposed(graph)
    found = filled.nodes[0].op
    assert found.dilations == (1, 1)
    assert all(more <= end for more, end in zip(found.output_padding, found.pads[2:], strict=True))
    same(graph, filled)


def test_a_whole_kernel_stays(make_graph, normal):
    op = ConvTranspose((2, 2), (1, 1, 1, 1), output_padding=(1, 1))
    graph = make_graph(X, [(op, "x w", "y")], {"w": normal(4, 2, 3, 3)})
    assert fill_transposed(graph) is graph
    assert spread_transposed(graph) is graph


@pytest.mark.parametrize(
    ("op", "left"),
    [
        (ConvTranspose((2, 2), groups=2), ["Pad", "DepthToSpace", "Conv"]),
        (ConvTranspose((2, 2), (1, 0, 0, 1), output_padding=(0, 1), groups=4, activation="relu"), None),
        (ConvTranspose((1, 1), (1, 1, 1, 1), groups=4), ["Conv"]),
        (ConvTranspose((1, 2), groups=2), ["ConvTranspose"]),
        (ConvTranspose((4, 4), groups=2), ["ConvTranspose"]),
    ],
)
def test_groups_become_a_convolution_or_one_kernel(make_graph, normal, same, ops, op, left):
    weights = {"w": normal(4, 6 // op.groups if op.groups == 2 else 1, 3, 3), "b": normal(6 if op.groups == 2 else 4)}
    graph = make_graph(X, [(op, "x w b", "y")], weights)
    spread = spread_transposed(graph)
    assert ops(spread) == (left or ["Pad", "DepthToSpace", "Conv"])
    assert all(node.op.groups == 1 for node in spread.nodes if isinstance(node.op, ConvTranspose))
    same(graph, spread)
