from __future__ import annotations

import pytest

from edgeface.errors import InputError
from edgeface.graph.ops.activations import LeakyRelu, PRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.quantize.float_fallback import float_fallback

IMAGE = {"x": (1, 2, 4, 6)}
ROWS = [
    (LeakyRelu(), "x", "head.0"),
    (Transpose((0, 2, 3, 1)), "head.0", "t"),
    (Reshape((1, 24, 2)), "t", "r"),
    (Sigmoid(), "r", "y"),
    (Relu(), "x", "z"),
]


@pytest.fixture
def graph(make_graph):
    return make_graph(IMAGE, ROWS, None, ["y", "z"])


def test_nothing_is_kept_without_patterns(graph):
    assert float_fallback(graph, {}, True) == {}


def test_what_a_pattern_names_is_kept_with_its_reason_and_what_only_moves_it_follows(graph):
    kept = float_fallback(graph, {"head.*": "boxes need it"}, True)
    assert kept["head.0"] == "boxes need it"
    assert set(kept) == {"head.0", "t", "r"}


def test_a_pattern_that_matches_nothing_is_an_error(graph):
    with pytest.raises(InputError, match=r"no node matches 'heads\.\*'") as caught:
        float_fallback(graph, {"heads.*": "a misprint"}, True)
    assert "keep_float" in caught.value.where
    assert caught.value.fix


def test_an_input_that_only_float_nodes_read_is_kept_if_the_interface_is_float(graph):
    patterns = {"head.0": "a", "z": "b"}
    assert float_fallback(graph, patterns, True)["x"] == "only float nodes read it"
    assert "x" not in float_fallback(graph, patterns, False)


def test_a_concat_that_makes_an_output_joins_in_float_if_the_interface_is_float(make_graph):
    rows = [(LeakyRelu(), "x", "a"), (Relu(), "x", "b"), (Concat(1), "a b", "inner"), (Concat(1), "inner a", "y")]
    graph = make_graph(IMAGE, rows)
    assert set(float_fallback(graph, {}, True)) == {"y"}
    assert float_fallback(graph, {}, False) == {}


def test_a_concat_of_float_and_int8_stays_int8(make_graph):
    rows = [(LeakyRelu(), "x", "a"), (Relu(), "x", "b"), (Concat(1), "a b", "c"), (Sigmoid(), "c", "y")]
    assert set(float_fallback(make_graph(IMAGE, rows), {"a": "because"}, True)) == {"a"}


def test_kinds_of_nodes_are_kept_whatever_their_names(make_graph, normal):
    rows = [
        (Conv(), "x w", "wide"),
        (PRelu(), "wide s", "p"),
        (Conv(groups=4, pads=(1, 1, 1, 1)), "p d", "deep"),
        (Conv(groups=4, pads=(1, 1, 1, 1)), "deep e", "deeper"),
        (Conv(), "p v", "z"),
    ]
    constants = {"w": normal(4, 2, 1, 1), "s": normal(4, 1, 1), "v": normal(2, 4, 1, 1)}
    constants |= {"d": normal(4, 1, 3, 3), "e": normal(4, 1, 3, 3, seed=1)}
    graph = make_graph(IMAGE, rows, constants, ["deeper", "z"])
    assert set(float_fallback(graph, {"kind:prelu": "a", "kind:depthwise after prelu": "b"}, True)) == {"p", "deep"}


def test_a_kind_may_match_nothing(graph):
    assert float_fallback(graph, {"kind:prelu": "there is none"}, True) == {}
