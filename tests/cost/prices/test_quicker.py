"""Nodes that are quicker in float: fires where tables say so, conversions included, and not otherwise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgeface.cost.prices.minimum_cut import SINK, SOURCE, Cut
from edgeface.cost.prices.quicker import quicker_in_float
from tests.cost.prices.conftest import toy_table

STEM = {"float32_conv_kxk": {"node_us": 100.0}, "int8_conv_kxk": {"node_us": 400.0}}
REST = {"float32_conv_1x1": {"node_us": 900.0}, "int8_conv_1x1": {"node_us": 500.0}}
PRELU = {"float32_prelu": {"node_us": 10.0}, "int8_prelu": {"node_us": 10.0}}


def conversions(us):
    return {"int8_quantize": {"node_us": us}, "float32_dequantize": {"node_us": us}}


def table(name="toy", **prices):
    return toy_table(name, **{**STEM, **REST, **PRELU, **conversions(5.0), **prices})


def chosen(graph, *tables, fixed=None, float_interface=True):
    return set(quicker_in_float(graph, fixed or {}, tables, float_interface))


@pytest.fixture
def light(stem):
    """The stem with a last layer so wide that the stem's weights do not matter to the model's size."""
    wide = {**stem.constants, "w1": np.ones((20_000, 8, 1, 1), np.float32)}
    return type(stem).build("light", [stem.values["x"]], ["y"], stem.nodes, wide)


def test_a_stem_that_is_quicker_in_float_is_put_there(light):
    assert chosen(light, table()) == {"a"}


def test_a_node_between_float_nodes_follows_where_that_saves_conversions(light):
    dear = conversions(200.0)
    assert chosen(light, table(**dear), fixed={"b": "float32"}) == {"a"}


@pytest.mark.parametrize(
    "prices",
    [
        {"float32_conv_kxk": {"node_us": 410.0}},  # slower
        {"float32_conv_kxk": {"node_us": 375.0}},  # quicker by less than tables are sure of
        {
            "float32_conv_kxk": {"node_us": 340.0},
            "int8_quantize": {"element_ns": 200.0},
        },  # its result has to be converted
    ],
)
def test_a_stem_that_gains_nothing_stays_in_int8(light, prices):
    assert chosen(light, table(**prices)) == set()


def test_what_is_asked_for_stays(light):
    assert chosen(light, table(), fixed={"a": "int8"}) == set()
    assert chosen(light, table(), fixed={"a": "float32"}) == set()


def test_large_weights_count_as_much_as_time(stem):
    """The stem holds three quarters of this network's weights: float would make the model larger than it is quicker."""
    assert chosen(stem, table()) == set()


def test_several_tables_choose_together_and_none_loses_much(light):
    against = {"float32_conv_kxk": {"node_us": 100.0}, "int8_conv_kxk": {"node_us": 96.0}}
    little, much = table("little", **against), table("much", **against, int8_conv_1x1={"node_us": 100.0})
    assert chosen(light, little) == set()
    assert chosen(light, table(), little) == {"a"}
    assert chosen(light, table(), much) == set()


def test_with_an_integer_interface_a_float_stem_pays_for_its_input(light):
    costly = table(int8_conv_kxk={"node_us": 300.0}, float32_dequantize={"node_us": 250.0})
    assert chosen(light, costly, float_interface=True) == {"a"}
    assert chosen(light, costly, float_interface=False) == set()


def test_the_cut_is_the_least_of_all():
    generator = np.random.default_rng(0)
    for _ in range(20):
        names = list("abcd")
        ends = [SOURCE, SINK, *names]
        edges = {
            (start, end): int(generator.integers(0, 30))
            for start, end in itertools.permutations(ends, 2)
            if end != SOURCE
        }
        cut = Cut()
        for (start, end), capacity in edges.items():
            cut.edge(start, end, capacity)

        def cost(side, edges=edges):
            return sum(c for (start, end), c in edges.items() if start in side and end not in side)

        least = min(cost({SOURCE, *inside}) for count in range(5) for inside in itertools.combinations(names, count))
        assert cost(cut.source_side()) == least
