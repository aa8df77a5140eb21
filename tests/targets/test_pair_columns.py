from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.rewrite import refusals
from edgeface.quantize.plan import QParams, QuantPlan
from edgeface.runtimes.litert import LiteRtRunner
from edgeface.targets.tflite.pair_columns import pair, pair_columns
from edgeface.targets.tflite.write import write_tflite


def stem(make_graph, normal, op, size=(6, 8), kernel=(3, 3), channels=3):
    weights = {"w": normal(5, channels // op.groups, *kernel), "b": normal(5)}
    return make_graph({"x": (1, channels, *size)}, [(op, "x w b", "c"), (Relu(), "c", "y")], weights)


@pytest.mark.parametrize(
    ("op", "kernel"),
    [
        (Conv((2, 2), (1, 1, 1, 1)), (3, 3)),
        (Conv((2, 2), (0, 0, 1, 1)), (3, 3)),
        (Conv((1, 2), (2, 2, 2, 2)), (5, 5)),
        (Conv((2, 2), (3, 3, 3, 3)), (7, 7)),
        (Conv((2, 2)), (2, 2)),
        (Conv((2, 2), (1, 1, 1, 1)), (4, 4)),
    ],
)
def test_the_numbers_stay(make_graph, normal, evaluate, op, kernel):
    graph = stem(make_graph, normal, op, kernel=kernel)
    paired = pair_columns(graph)
    conv = next(node for node in paired.nodes if isinstance(node.op, Conv))
    assert conv.op.strides == (op.strides[0], 1)
    assert paired.type(conv.inputs[0]).shape == (1, 6, 6, 4)
    feed = {"x": normal(1, 3, 6, 8)}
    np.testing.assert_allclose(evaluate(paired, feed)["y"], evaluate(graph, feed)["y"], rtol=1e-5, atol=1e-5)


def test_a_filter_of_three_columns_becomes_one_of_two(make_graph, normal):
    paired = pair_columns(stem(make_graph, normal, Conv((2, 2), (1, 1, 1, 1))))
    conv = next(node for node in paired.nodes if isinstance(node.op, Conv))
    assert paired.type(conv.inputs[1]).shape == (5, 6, 3, 2)
    assert conv.op.pads == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("op", "channels"),
    [
        (Conv((2, 1), (1, 1, 1, 1)), 3),
        (Conv((2, 2), (1, 1, 1, 1)), 5),
        (Conv((2, 2), (1, 1, 1, 1), groups=5), 5),
    ],
)
def test_other_convolutions_stay(make_graph, normal, op, channels):
    graph = stem(make_graph, normal, op, channels=channels)
    assert pair_columns(graph) is graph
    assert refusals(graph, pair) == []


@pytest.mark.parametrize(
    ("op", "size"),
    [
        (Conv((2, 2), (1, 1, 1, 1)), (6, 7)),
        (Conv((2, 2), (1, 2, 1, 2), (1, 2)), (6, 8)),
    ],
)
def test_rows_that_do_not_split_are_refused(make_graph, normal, op, size):
    graph = stem(make_graph, normal, op, size)
    assert pair_columns(graph) is graph
    assert len(refusals(graph, pair)) == 1


def test_int8_results_are_the_same_bytes(make_graph, normal):
    graph = stem(make_graph, normal, Conv((2, 2), (1, 1, 1, 1), activation="relu"))
    scale = tuple((np.abs(graph.constants["w"]).reshape(5, -1).max(1) / 127).tolist())
    image, result = QParams((0.03,), 7), QParams((0.1,), -128)
    params = {"x": image, "w": QParams(scale, 0, 0, -127, 127), "c": result, "y": result}
    moved = dict.fromkeys(("c/pairs/channels_last", "c/pairs/joined", "c/pairs/image"), image)
    more = moved | {"w/pairs": params["w"]}
    models = [
        write_tflite(graph, QuantPlan(params), io="int8"),
        write_tflite(pair_columns(graph), QuantPlan(params | more), io="int8"),
    ]
    feed = {"x": np.random.default_rng(0).integers(-128, 128, (1, 6, 8, 3)).astype(np.int8)}
    plain, paired = (LiteRtRunner(model).run(feed)["y"] for model in models)
    np.testing.assert_array_equal(plain, paired)
    assert np.unique(plain).size > 5
