from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import LeakyRelu
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Transpose
from edgeface.graph.ops.spatial import Resize
from edgeface.quantize.channel_classes import classify_channels

IMAGE = {"x": (1, 2, 8, 8)}


def network(make_graph, normal, *between, read="m", outputs=None, channels=2):
    rows = [(Conv(), "x a", "p"), (Conv(strides=(2, 2)), "x b", "q"), *between, (Conv(), f"{read} c", "y")]
    constants = {"a": normal(2, 2, 1, 1), "b": normal(2, 2, 1, 1), "c": normal(3, channels, 1, 1)}
    constants |= {"k": normal(1, 2, 1, 1), "one": np.ones((1, 1, 1, 1), np.float32)}
    return make_graph(IMAGE, rows, constants, outputs or ["y"])


def test_an_addition_of_two_computed_values_ties_their_channels(make_graph, normal):
    graph = network(make_graph, normal, (Resize((8, 8)), "q", "r"), (Add(), "p r", "s"), (LeakyRelu(), "s", "m"))
    classes = classify_channels(graph)
    for name in ("q", "r", "s", "m"):
        np.testing.assert_array_equal(classes.of[name], classes.of["p"])
    assert len(set(classes.of["p"])) == 2
    assert classes.free[classes.of["p"]].all()


def test_a_concatenation_keeps_the_classes_of_its_parts(make_graph, normal):
    between = [(Resize((8, 8)), "q", "r"), (Concat(1), "p r", "m")]
    classes = classify_channels(network(make_graph, normal, *between, channels=4))
    np.testing.assert_array_equal(classes.of["m"], [*classes.of["p"], *classes.of["q"]])
    assert len(set(classes.of["m"])) == 4


def test_the_same_value_twice_has_one_class(make_graph, normal):
    classes = classify_channels(network(make_graph, normal, (Concat(1), "p p", "m"), channels=4))
    np.testing.assert_array_equal(classes.of["m"], [*classes.of["p"], *classes.of["p"]])


@pytest.mark.parametrize(
    ("between", "free"),
    [
        pytest.param([(Mul(), "p k", "m")], True, id="times a constant"),
        pytest.param([(Mul(), "p p", "m")], False, id="times itself"),
        pytest.param([(Add(), "p k", "m")], False, id="plus a constant"),
        pytest.param([(Add(), "p x", "m")], False, id="plus the input"),
        pytest.param([(Add("relu"), "p p", "m")], True, id="an addition with a ReLU"),
        pytest.param([(Add("relu6"), "p p", "m")], False, id="an addition with a ReLU6"),
        pytest.param([(Transpose((0, 1, 3, 2)), "p", "m")], False, id="what is not known to scale"),
    ],
)
def test_what_passes_factors_on_leaves_channels_free(make_graph, normal, between, free):
    classes = classify_channels(network(make_graph, normal, *between))
    assert classes.free[classes.of["p"]].all() == free
    assert classes.free[classes.of["p"]].any() == free


def test_inputs_and_outputs_are_bound(make_graph, normal):
    classes = classify_channels(network(make_graph, normal, (LeakyRelu(), "p", "m"), outputs=["y", "m"]))
    assert not any(classes.free[classes.of[name]].any() for name in ("x", "p", "m", "y"))
