from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import LeakyRelu, PRelu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.graph.rewrite import refusals
from edgeface.passes import PASSES, run_passes
from edgeface.passes.normalize_prelu_slopes import flip, normalize_prelu_slopes

STEEP = np.array([0.25, 1.5, -1.2, 4.0], np.float32).reshape(4, 1, 1)
GENTLE = np.array([0.25, 1.0, -1.2, 0.0], np.float32).reshape(4, 1, 1)
DEPTHWISE = Conv(groups=4, pads=(1, 1, 1, 1))


@pytest.fixture
def network(make_graph, normal):
    """Rows on x [1,3,6,5]; every constant that they name but does not come with them is noise of the shape given."""
    shapes = {"w0": (4, 3, 1, 1), "b0": (4,), "w1": (2, 4, 1, 1), "b1": (2,), "w2": (4, 1, 3, 3), "w3": (4, 2, 1, 1)}

    def make(rows, outputs=None, **given):
        named = {name for _, read, _ in rows for name in read.split()}
        constants = {name: normal(*shape, seed=4) for name, shape in shapes.items() if name in named}
        return make_graph({"x": (1, 3, 6, 5)}, rows, {**constants, **given}, outputs)

    return make


def slopes(graph):
    return [graph.constants[node.inputs[1]].ravel() for node in graph.nodes if isinstance(node.op, PRelu)]


BETWEEN = [(Conv(), "x w0 b0", "a"), (PRelu(), "a s", "p"), (Conv(), "p w1 b1", "y"), (DEPTHWISE, "p w2", "z")]


def test_the_network_computes_the_same_with_slopes_up_to_one(network, same):
    before = network(BETWEEN, ["y", "z"], s=STEEP)
    after = run_passes(before, (normalize_prelu_slopes,))
    same(before, after)
    [lowered] = slopes(after)
    np.testing.assert_allclose(lowered, [0.25, 1 / 1.5, -1.2, 0.25], rtol=1e-6)


def test_one_steep_slope_that_layers_of_different_widths_share_is_lowered_in_each(network, same):
    rows = [
        (Conv(), "x w0 b0", "a"),
        (PRelu(), "a s", "p"),
        (Conv(), "p w1 b1", "b"),
        (PRelu(), "b s", "q"),
        (Conv(), "q w3", "y"),
    ]
    before = network(rows, s=np.array([2.0], np.float32))
    after = run_passes(before, (normalize_prelu_slopes,))
    same(before, after)
    assert [found.tolist() for found in slopes(after)] == [[0.5] * 4, [0.5] * 2]


def test_every_network_passes_through_it(network):
    assert normalize_prelu_slopes in PASSES
    [lowered] = slopes(run_passes(network(BETWEEN, ["y", "z"], s=STEEP)))
    assert lowered.max() <= 1


def test_slopes_up_to_one_are_left_alone(network):
    graph = network(BETWEEN, ["y", "z"], s=GENTLE)
    assert normalize_prelu_slopes(graph) is graph
    assert refusals(graph, flip) == []


OTHERWISE_READ = "its input or output has other readers"
NOT_ONLY_CONVOLUTIONS = "not all its readers are convolutions with a filter per channel"
NO_PRODUCER = "its input is not from a convolution with unshared weights"
LAST = [(PRelu(), "a s", "p"), (Conv(), "p w1 b1", "y")]


@pytest.mark.parametrize(
    ("rows", "outputs", "why"),
    [
        ([(Conv(activation="relu"), "x w0 b0", "a"), *LAST], ["y"], NO_PRODUCER),
        ([(Conv(), "x w0 b0", "c"), (LeakyRelu(), "c", "a"), *LAST], ["y"], NO_PRODUCER),
        ([(Conv(), "x w0 b0", "a"), (Conv(), "x w0 b0", "z"), *LAST], ["y", "z"], NO_PRODUCER),
        ([(Conv(), "x w0 b0", "a"), *LAST, (LeakyRelu(), "a", "z")], ["y", "z"], OTHERWISE_READ),
        ([(Conv(), "x w0 b0", "a"), *LAST], ["y", "a"], OTHERWISE_READ),
        ([(Conv(), "x w0 b0", "a"), *LAST], ["y", "p"], OTHERWISE_READ),
        ([(Conv(), "x w0 b0", "a"), *LAST, (Add(), "p p", "z")], ["y", "z"], NOT_ONLY_CONVOLUTIONS),
        ([(Conv(), "x w0 b0", "a"), *LAST, (Conv(), "p w1", "z")], ["y", "z"], NOT_ONLY_CONVOLUTIONS),
        ([(Conv(), "x w0 b0", "a"), LAST[0], (Conv(groups=2), "p w3", "y")], ["y"], NOT_ONLY_CONVOLUTIONS),
    ],
    ids=["clipped", "not convolved", "shared filter", "read", "output", "made output", "added", "shared", "grouped"],
)
def test_where_the_sign_could_not_be_made_up_for_it_does_not_fire(network, ops, rows, outputs, why):
    graph = network(rows, outputs, s=STEEP)
    assert [reason for _, reason in refusals(graph, flip)] == [why]
    assert normalize_prelu_slopes(graph) is graph
    assert "PRelu" in ops(graph)
