from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.expand import expand
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add, Div, Mul, Sub
from edgeface.graph.ops.functions import Reciprocal, Sqrt
from edgeface.graph.ops.normalization import GroupNorm, LayerNorm, RmsNorm
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.reduction import ReduceMean
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.rewrite import refusals
from edgeface.passes.recognize_norms import recognize, recognize_norms

IMAGE = {"x": (2, 6, 3, 5)}
NUMBERS = {"two": 2.0, "half": 0.5, "less": -0.5, "eps": 1e-4, "one": 1.0}
SQUARES = {"product": [(Mul(), "d d", "q")], "power": [(Pow(), "d two", "q")]}
SQUARES["again"] = [(Sub(), "x m", "e"), (Mul(), "d e", "q")]
ROOTS = {
    "quotient": [(Sqrt(), "t", "s"), (Div(), "d s", "n")],
    "power": [(Pow(), "t half", "s"), (Div(), "d s", "n")],
    "reciprocal": [(Sqrt(), "t", "s"), (Reciprocal(), "s", "r"), (Mul(), "r d", "n")],
    "one over": [(Sqrt(), "t", "s"), (Div(), "one s", "r"), (Mul(), "d r", "n")],
    "inverse power": [(Pow(), "t less", "r"), (Mul(), "d r", "n")],
    "scaled first": [(Sqrt(), "t", "s"), (Mul(), "g d", "h"), (Div(), "h s", "n")],
    "scaled root": [(Sqrt(), "t", "s"), (Reciprocal(), "s", "r"), (Mul(), "r g", "h"), (Mul(), "d h", "n")],
}


def constants(normal, **more):
    return {name: np.array(number, np.float32) for name, number in NUMBERS.items()} | {"g": normal(5)} | more


def spelled(axes, square, root, center=True):
    mean = [(ReduceMean(axes), "x", "m"), (Sub(), "x m", "d")] if center else [(Mul(), "x one", "d")]
    return [*mean, *square, (ReduceMean(axes), "q", "v"), (Add(), "eps v", "t"), *root, (Relu(), "n", "y")]


@pytest.mark.parametrize("axes", [(3,), (1,), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
@pytest.mark.parametrize("square", SQUARES.values(), ids=SQUARES)
def test_every_spelling_of_layer_normalization_is_recognized(make_graph, normal, ops, evaluate, axes, square, root):
    graph = make_graph(IMAGE, spelled(axes, square, root), constants(normal))
    found = recognize_norms(graph)
    assert [kind for kind in ops(found) if kind != "Mul"] == ["LayerNorm", "Relu"]
    feed = {"x": normal(*IMAGE["x"], seed=4) + 3}
    np.testing.assert_allclose(evaluate(found, feed)["y"], evaluate(graph, feed)["y"], rtol=1e-4, atol=1e-5)


def test_the_form_that_subtracts_the_scaled_mean_last_is_recognized(make_graph, normal, ops, evaluate):
    rows = [
        *[(ReduceMean((3,)), "x", "m"), (Sub(), "x m", "d"), (Mul(), "d d", "q"), (ReduceMean((3,)), "q", "v")],
        *[(Add(), "v eps", "t"), (Sqrt(), "t", "s"), (Reciprocal(), "s", "r"), (Mul(), "r g", "k")],
        *[(Mul(), "x k", "a"), (Mul(), "m k", "o"), (Sub(), "b o", "c"), (Add(), "a c", "y")],
    ]
    graph = make_graph(IMAGE, rows, constants(normal, b=normal(5, seed=8)))
    found = recognize_norms(graph)
    assert ops(found) == ["LayerNorm", "Mul", "Add"]
    feed = {"x": normal(*IMAGE["x"], seed=4)}
    np.testing.assert_allclose(evaluate(found, feed)["y"], evaluate(graph, feed)["y"], rtol=1e-4, atol=1e-5)


def test_root_mean_square_normalization_is_recognized(make_graph, normal, same, ops):
    rows = [(Mul(), "x x", "q"), (ReduceMean((3,)), "q", "v"), (Add(), "v eps", "t"), (Sqrt(), "t", "s")]
    graph = make_graph(IMAGE, [*rows, (Div(), "x s", "n"), (Mul(), "n g", "y")], constants(normal))
    found = recognize_norms(graph)
    assert ops(found) == ["RmsNorm", "Mul"]
    same(graph, found)


def normal_spelling(**changed):
    """The spelling by a product and a quotient, with other rows for some values."""
    rows = spelled((3,), SQUARES["product"], ROOTS["quotient"])
    return [(*changed[row[2]], row[2]) if row[2] in changed else row for row in rows]


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({"q": (Mul(), "d x")}, []),
        ({"q": (Pow(), "d half")}, []),
        ({"n": (Mul(), "d s")}, []),
        ({"n": (Div(), "x s")}, []),
        ({"v": (ReduceMean((2,)), "q")}, ["RmsNorm"]),
        ({"d": (Sub(), "m x")}, ["RmsNorm"]),
    ],
)
def test_what_only_resembles_layer_normalization_is_not_taken_for_it(make_graph, normal, ops, evaluate, changed, left):
    graph = make_graph(IMAGE, normal_spelling(**changed), constants(normal))
    found = recognize_norms(graph)
    assert [kind for kind in ops(found) if kind.endswith("Norm")] == left
    feed = {"x": normal(*IMAGE["x"], seed=4)}
    np.testing.assert_allclose(evaluate(found, feed)["y"], evaluate(graph, feed)["y"], rtol=1e-4, atol=1e-5)


def test_a_computed_factor_is_a_refusal(make_graph, normal):
    factor = [(Sqrt(), "t", "s"), (Mul(), "z d", "h"), (Div(), "h s", "n")]
    graph = make_graph(IMAGE, [(Relu(), "x", "z"), *spelled((3,), SQUARES["product"], factor)], constants(normal))
    assert recognize_norms(graph) is graph
    assert [reason for _, reason in refusals(graph, recognize)] == ["it is multiplied by what is computed"]


@pytest.mark.parametrize("shape", [(2, 3, 30), (2, 3, 2, 3, 5), (2, 1, 90), (2, 6, 15)])
def test_normalization_of_reshaped_groups_is_of_channels(make_graph, same, ops, shape):
    rows = [
        (Reshape(shape), "x", "a"),
        (LayerNorm(tuple(range(2, len(shape)))), "a", "b"),
        (Reshape(IMAGE["x"]), "b", "y"),
    ]
    graph = make_graph(IMAGE, rows)
    found = recognize_norms(graph)
    assert [node.op for node in found.nodes] == [GroupNorm(shape[1])]
    same(graph, found)


@pytest.mark.parametrize(("shape", "axes"), [((2, 3, 30), (1, 2)), ((2, 9, 10), (2,)), ((1, 6, 30), (2,))])
def test_normalization_of_other_parts_stays(make_graph, shape, axes):
    rows = [(Reshape(shape), "x", "a"), (LayerNorm(axes), "a", "b"), (Reshape(IMAGE["x"]), "b", "y")]
    graph = make_graph(IMAGE, rows)
    assert recognize_norms(graph) is graph


@pytest.mark.parametrize(
    "op", [LayerNorm((3,)), LayerNorm((1,)), LayerNorm((2, 3)), LayerNorm((1, 3)), GroupNorm(2), RmsNorm((3,))]
)
def test_what_is_written_computes_what_the_op_is_defined_as(make_graph, evaluate, normal, op):
    graph = make_graph(IMAGE, [(op, "x", "y")])
    feed = {"x": normal(*IMAGE["x"], seed=2) + 5}
    expanded = expand(graph, lambda _: True)
    np.testing.assert_allclose(evaluate(graph, feed)["y"], evaluate(expanded, feed)["y"], rtol=1e-4, atol=1e-5)
