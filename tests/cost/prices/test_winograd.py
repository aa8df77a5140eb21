"""Winograd's form: chosen where a table says that it is quicker than int8, for an image's readers together."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.cost.prices.predict import predict_us
from edgeface.cost.prices.table import Winograd, price_table, price_tables
from edgeface.cost.prices.winograd import image_work, quicker_transformed, result_work, saved_us
from edgeface.cost.prices.work import Tile, Work
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import TensorType
from tests.cost.prices.conftest import toy_table

SAME = Conv(pads=(1, 1, 1, 1))


@pytest.fixture
def chain() -> Graph:
    """x → a (3×3) → b and c (3×3, both read a) → y and z (1×1)."""
    nodes = [
        Node(SAME, ("x", "w"), ("a",)),
        Node(SAME, ("a", "w"), ("b",)),
        Node(SAME, ("a", "w"), ("c",)),
        Node(Conv(), ("b", "w1"), ("y",)),
        Node(Conv(), ("c", "w1"), ("z",)),
    ]
    constants = {"w": np.ones((8, 8, 3, 3), np.float32), "w1": np.ones((8, 8, 1, 1), np.float32)}
    return Graph.build("chain", [Value("x", TensorType((1, 8, 8, 8)))], ["y", "z"], nodes, constants)


def table(image_us, result_us, converting_us=0.0):
    prices = {
        "int8_conv_kxk": {"node_us": 100.0},
        "int8_quantize": {"node_us": converting_us},
        "float32_dequantize": {"node_us": converting_us},
    }
    form = {"image": {"node_us": image_us}, "result": {"node_us": result_us}}
    return toy_table(**prices).model_copy(update={"winograd": Winograd.model_validate(form)})


def chosen(graph, found, fixed=None):
    return set(quicker_transformed(graph, fixed or {}, found, float_interface=True))


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ((50.0, 40.0), {"a", "b", "c"}),
        ((90.0, 40.0), {"b", "c"}),  # one transform for two: 170 instead of 200, and 130 instead of 100
        ((130.0, 40.0), set()),
        ((50.0, 40.0, 6.0), {"a", "b", "c"}),  # converted at the ends only: a gains 10, and saves a conversion
        ((10.0, 70.0, 60.0), set()),  # the conversions eat the gain
    ],
)
def test_chosen_is_what_gains_with_conversions(chain, prices, expected):
    assert chosen(chain, table(*prices)) == expected


def test_what_the_form_saves_is_counted_once_for_an_image(chain):
    prices = {"float32_conv_kxk": {"node_us": 300.0}}
    found = toy_table(**prices).model_copy(update={"winograd": table(50.0, 40.0).winograd})
    assert saved_us(chain, {"b", "c"}, found) == pytest.approx(2 * 300 - 50 - 2 * 40)
    assert saved_us(chain, {"b", "c", "y"}, toy_table(**prices)) == 0.0


def test_what_is_decided_stays(chain):
    assert chosen(chain, table(50.0, 40.0), fixed={"a": "int8"}) == {"b", "c"}


def test_a_table_without_the_form_s_prices_chooses_nothing(chain):
    assert chosen(chain, toy_table()) == set()


def test_the_work_is_of_whole_tiles(chain):
    nodes = [Node(SAME, ("x", "w"), ("y",))]
    graph = Graph.build("g", [Value("x", TensorType((1, 8, 5, 9)))], ["y"], nodes, {"w": chain.constants["w"]})
    assert image_work(graph, nodes[0]) == Work("winograd", elements=36 * 6 * 8)  # 2×3 tiles
    tile = Tile(rows=4, columns=8, depth=1, lanes=8)
    assert result_work(graph, nodes[0], tile) == Work("winograd", 36 * 8 * 8 * 8, 36 * 2, 36 * 6 * 8, 36 * 8 * 8)


def test_the_a72_prefers_the_form_for_the_detector_s_large_layers_only():
    """As counted: 64 channels on 30×40 pixels gain, 16 channels do not."""
    for channels, expected in ((64, {"y"}), (16, set())):
        weight = {"w": np.ones((channels, channels, 3, 3), np.float32)}
        image = Value("x", TensorType((1, channels, 60, 80)))
        graph = Graph.build("g", [image], ["y"], [Node(SAME, ("x", "w"), ("y",))], weight)
        assert chosen(graph, price_table("rk3399")) == expected


def test_the_form_changes_no_other_prediction(chain):
    plain = table(50.0, 40.0).model_copy(update={"winograd": None})
    assert predict_us(chain, lambda _: "int8", table(50.0, 40.0)) == predict_us(chain, lambda _: "int8", plain)
    assert [name for name, each in price_tables().items() if each.winograd] == ["a72"]
