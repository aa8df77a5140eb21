from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Pad
from edgeface.graph.ops.spatial import AveragePool, MaxPool
from edgeface.graph.rewrite import refusals
from edgeface.passes.fuse_pad import fuse, fuse_pad

IMAGE = (0, 0, 1, 2, 0, 0, 3, 0)


@pytest.fixture
def weight(normal):
    return {"w": normal(4, 2, 3, 3)}


def test_zeros_around_an_image_become_the_convolutions_pads(make_graph, weight, same, ops):
    rows = [(Pad(IMAGE), "x", "a"), (Conv(strides=(2, 1), pads=(1, 1, 0, 1)), "a w", "y")]
    graph = make_graph({"x": (1, 2, 5, 6)}, rows, weight)
    fused = fuse_pad(graph)
    assert ops(fused) == ["Conv"]
    assert fused.nodes[0].op.pads == (2, 3, 3, 1)
    same(graph, fused)


def test_a_padded_tensor_that_is_read_elsewhere_stays(make_graph, weight):
    rows = [(Pad(IMAGE), "x", "a"), (Conv(), "a w", "b"), (MaxPool((3, 3)), "a", "c"), (Concat(1), "b c", "y")]
    graph = make_graph({"x": (1, 2, 5, 6)}, rows, weight)
    assert fuse_pad(graph) is graph
    assert [reason for _, reason in refusals(graph, fuse)] == ["the padded tensor has other readers"]


def test_a_padded_tensor_that_is_an_output_stays(make_graph, weight):
    graph = make_graph({"x": (1, 2, 5, 6)}, [(Pad(IMAGE), "x", "a"), (Conv(), "a w", "y")], weight, ["a", "y"])
    assert fuse_pad(graph) is graph


def test_padded_channels_stay(make_graph, weight):
    pad = Pad((0, 1, 1, 1, 0, 0, 1, 1))
    graph = make_graph({"x": (1, 1, 5, 6)}, [(pad, "x", "a"), (Conv(), "a w", "y")], weight)
    assert fuse_pad(graph) is graph
    assert [reason for _, reason in refusals(graph, fuse)] == ["batch or channels are padded"]


def test_a_pad_before_a_max_pool_stays_for_its_zeros_may_win(make_graph):
    graph = make_graph({"x": (1, 2, 5, 6)}, [(Pad(IMAGE), "x", "a"), (MaxPool((3, 3)), "a", "y")])
    assert fuse_pad(graph) is graph


@pytest.mark.parametrize("value", [-np.inf, float(np.finfo(np.float32).min)])
def test_minus_infinity_before_a_max_pool_becomes_its_pads(make_graph, same, ops, value):
    pad = ConstantPad((0, 0, 1, 0, 0, 0, 1, 1), value)
    graph = make_graph({"x": (1, 2, 5, 6)}, [(pad, "x", "a"), (MaxPool((3, 3), pads=(0, 1, 0, 0)), "a", "y")])
    fused = fuse_pad(graph)
    assert ops(fused) == ["MaxPool"]
    assert fused.nodes[0].op.pads == (1, 1, 1, 1)
    same(graph, fused)


@pytest.mark.parametrize(
    ("pad", "reader"),
    [
        (ConstantPad(IMAGE, -9.0), MaxPool((5, 5))),
        (ConstantPad(IMAGE, -np.inf), AveragePool((3, 3))),
        (ConstantPad(IMAGE, -np.inf), MaxPool((2, 2))),
    ],
)
def test_other_values_readers_and_windows_keep_their_pad(make_graph, pad, reader):
    graph = make_graph({"x": (1, 2, 5, 6)}, [(pad, "x", "a"), (reader, "a", "y")])
    assert fuse_pad(graph) is graph
