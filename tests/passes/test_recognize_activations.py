"""Activations are recognized in every order of their factors, and their neighbours are not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from edgeface.graph.ops.activations import Clip, HardSwish, Sigmoid, Tanh
from edgeface.graph.ops.arithmetic import Add, Mul, Sub
from edgeface.graph.ops.functions import Erf
from edgeface.graph.ops.smooth_activations import Gelu, HardSigmoid, Mish, Softplus
from edgeface.graph.rewrite import refusals
from edgeface.passes.recognize_activations import recognize, recognize_activations

IMAGE = {"x": (1, 2, 3, 4)}
CONSTANTS = {
    **{"half": 0.5, "root": math.sqrt(0.5), "one": 1.0, "cubic": 0.044715, "slope": math.sqrt(2 / math.pi)},
    **{"three": 3.0, "sixth": 1 / 6, "tenth": 0.1, "near": 0.52},
}
GELU = [(Mul(), "x root", "a"), (Erf(), "a", "e")]
CUBE = [(Mul(), "x x", "xx"), (Mul(), "x xx", "xxx"), (Mul(), "cubic xxx", "c")]
TANH = [*CUBE, (Add(), "x c", "s"), (Mul(), "slope s", "a"), (Tanh(), "a", "e")]
SPREAD = [*CUBE, (Mul(), "slope c", "sc"), (Mul(), "x slope", "sx"), (Add(), "sc sx", "a"), (Tanh(), "a", "e")]
SWISH = [(Add(), "three x", "a"), (Clip(0.0, 6.0), "a", "e")]


def graph_of(make_graph, rows, **changed):
    numbers = {**CONSTANTS, **changed}
    used = {name for _, read, _ in rows for name in read.split()}
    return make_graph(IMAGE, rows, {name: np.array(n, np.float32) for name, n in numbers.items() if name in used})


def product(*factors):
    """Rows that multiply factors one after another, in both orders of operands."""
    rows, first = [], factors[0]
    for number, other in enumerate(factors[1:]):
        made = "y" if number == len(factors) - 2 else f"p{number}"
        rows.append((Mul(), f"{other} {first}" if number % 2 else f"{first} {other}", made))
        first = made
    return rows


ORDERS = list(itertools.permutations(["x", "half", "u"]))
LAST = (Mul(), "x e", "y")
RISE = [(Add(), "e one", "u")]


@pytest.mark.parametrize("start", [GELU, TANH, SPREAD], ids=["erf", "tanh", "tanh, spread"])
@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_gelu_is_recognized_in_every_order_of_its_factors(make_graph, same, start, order):
    graph = graph_of(make_graph, [*start, *RISE, *product(*order)])
    found = recognize_activations(graph)
    assert [node.op for node in found.nodes] == [Gelu("none" if start is GELU else "tanh")]
    same(graph, found)


def test_gelu_is_recognized_multiplied_out(make_graph, same):
    rows = [*GELU, (Mul(), "half x", "h"), (Mul(), "h e", "he"), (Add(), "he h", "y")]
    graph = graph_of(make_graph, rows)
    found = recognize_activations(graph)
    assert [node.op for node in found.nodes] == [Gelu()]
    same(graph, found)


@pytest.mark.parametrize("x", ["x", "sum"])
def test_gelu_of_a_sum_is_of_the_sum(make_graph, same, x):
    rows = [(Sigmoid(), "x", "z"), (Add(), "x z", "sum")]
    rows += [(op, read.replace("x", x), made) for op, read, made in [*GELU, *RISE, *product("x", "half", "u")]]
    graph = graph_of(make_graph, rows)
    found = recognize_activations(graph)
    assert sum(isinstance(node.op, Gelu) for node in found.nodes) == 1
    same(graph, found)


@pytest.mark.parametrize(
    ("rows", "changed"),
    [
        ([*GELU, *RISE, *product("x", "near", "u")], {}),
        ([*GELU, *RISE, *product("x", "half", "u")], {"root": 0.72}),
        ([*TANH, *RISE, *product("x", "half", "u")], {"cubic": 0.046}),
        ([*TANH, *RISE, *product("x", "half", "u")], {"slope": 0.81}),
        ([*GELU, (Sub(), "e one", "u"), *product("x", "half", "u")], {}),
        ([(Sigmoid(), "x", "z"), *GELU, *RISE, *product("z", "half", "u")], {}),
        ([*SWISH, *product("x", "tenth", "e")], {}),
        ([(Add(), "three x", "a"), (Clip(0.0, 5.0), "a", "e"), *product("x", "sixth", "e")], {}),
    ],
)
def test_what_differs_is_not_recognized(make_graph, rows, changed):
    graph = graph_of(make_graph, rows, **changed)
    assert recognize_activations(graph) is graph


def test_a_near_miss_is_refused_with_the_reason(make_graph):
    graph = graph_of(make_graph, [*GELU, *RISE, *product("x", "near", "u")])
    assert {reason for _, reason in refusals(graph, recognize)} == {"it is no Gelu of 'x'"}


@pytest.mark.parametrize("order", list(itertools.permutations(["x", "sixth", "e"])), ids=" ".join)
def test_the_hard_swish_is_recognized_in_every_order(make_graph, same, order):
    graph = graph_of(make_graph, [*SWISH, *product(*order)])
    found = recognize_activations(graph)
    assert [node.op for node in found.nodes] == [HardSwish()]
    same(graph, found)


@pytest.mark.parametrize(
    ("rows", "op"),
    [
        ([*SWISH, (Mul(), "e sixth", "y")], HardSigmoid(1 / 6, 0.5)),
        ([(Mul(), "x tenth", "a"), (Add(), "a half", "b"), (Clip(0.0, 1.0), "b", "y")], HardSigmoid(0.1, 0.5)),
        ([(HardSigmoid(1 / 6, 0.5), "x", "e"), (Mul(), "e x", "y")], HardSwish()),
        (
            [(Mul(), "x sixth", "a"), (Add(), "a half", "b"), (Clip(0.0, 1.0), "b", "e"), (Mul(), "x e", "y")],
            HardSwish(),
        ),
        ([(Softplus(), "x", "s"), (Tanh(), "s", "e"), LAST], Mish()),
    ],
)
def test_other_spellings_are_recognized(make_graph, same, rows, op):
    graph = graph_of(make_graph, rows)
    found = recognize_activations(graph)
    (node,) = found.nodes
    assert type(node.op) is type(op)
    same(graph, found)


@pytest.mark.parametrize(
    "rows",
    [
        [(HardSigmoid(0.2, 0.5), "x", "e"), (Mul(), "e x", "y")],
        [(Sigmoid(), "x", "z"), (HardSigmoid(1 / 6, 0.5), "z", "e"), (Mul(), "e x", "y")],
        [(Softplus(), "x", "s"), (Tanh(), "s", "e"), (Mul(), "s e", "y")],
        [(Clip(0.0, 1.0), "x", "y")],
    ],
)
def test_their_neighbours_are_not(make_graph, rows):
    graph = graph_of(make_graph, rows)
    assert recognize_activations(graph) is graph


def test_sums_of_shared_values_take_no_time_of_their_own(make_graph):
    """Written out, this sum has 2 to the power of 60 terms."""
    rows = [*GELU] + [(Add(), f"v{n} v{n}" if n else "e e", f"v{n + 1}") for n in range(60)]
    rows += [(Mul(), "v60 x", "y")]
    graph = graph_of(make_graph, rows)
    assert recognize_activations(graph) is graph
