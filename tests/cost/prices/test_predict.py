"""Predicted times, by hand on a small graph; and the shipped tables."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.cost.prices.dynamic import predict_dynamic_us
from edgeface.cost.prices.predict import node_us, predict, predict_us
from edgeface.cost.prices.table import Price, price_table, price_tables, read_table
from edgeface.cost.prices.work import Tile, Work, work_of
from edgeface.errors import GraphError, InputError
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.comparison import Greater, Where
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.functions import Exp, Neg
from edgeface.graph.ops.l2_normalize import L2Normalize
from edgeface.graph.ops.reduction import ReduceMax
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.smooth_activations import Gelu, HardSigmoid, Softsign
from edgeface.graph.types import TensorType
from tests.cost.prices.conftest import toy_table

PIXELS = 64


def in_float(*names):
    return lambda name: "float32" if name in names else "int8"


def test_whole_tiles_are_paid_for_so_three_channels_cost_int8_as_much_as_eight(stem):
    table = toy_table(float32_conv_kxk={"mac_ns": 1.0}, int8_conv_kxk={"mac_ns": 1.0})
    first = stem.nodes[0]
    assert node_us(stem, first, "float32", table) == pytest.approx(PIXELS * 8 * 27 / 1e3)
    assert node_us(stem, first, "int8", table) == pytest.approx(PIXELS * 8 * 72 / 1e3)


def test_each_unit_of_work_has_its_price(stem):
    table = toy_table(
        float32_conv_1x1={"mac_ns": 1.0, "loop_ns": 10.0, "element_ns": 2.0, "weight_ns": 5.0, "node_us": 3.0}
    )
    macs, loops, elements, weights = PIXELS * 8 * 8, 16, 2 * PIXELS * 8, 64
    wanted = (macs + 10 * loops + 2 * elements + 5 * weights) / 1e3 + 3
    assert node_us(stem, stem.nodes[2], "float32", table) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("floats", "quantized", "dequantized"),
    [
        ((), ["x"], ["y"]),  # float at the door, int8 inside
        (("b",), ["x", "b"], ["a", "y"]),
        (("x", "a", "b"), ["b"], ["y"]),
        (("x", "a", "b", "y"), [], []),
    ],
)
def test_a_value_is_converted_where_its_readers_compute_otherwise(stem, floats, quantized, dequantized):
    table = toy_table(int8_quantize={"node_us": 100.0}, float32_dequantize={"node_us": 1.0})
    found = predict(stem, in_float(*floats), table)
    assert sorted(found.conversions) == sorted(quantized + dequantized)
    assert found.total_us == pytest.approx(100 * len(quantized) + len(dequantized))
    inside = predict_us(stem, in_float(*floats), table, float_interface=False)
    assert inside == pytest.approx(100 * len([v for v in quantized if v != "x"]) + len(set(dequantized) - {"y"}))


def test_a_dtype_without_prices_is_refused(stem):
    with pytest.raises(GraphError, match="int16") as error:
        predict_us(stem, lambda _: "int16", toy_table())
    assert "'a'" in str(error.value)


def test_views_are_free_and_products_are_whole_tiles():
    tile = Tile(rows=4, columns=8, depth=4, lanes=8)
    nodes = [Node(Reshape((1, 30)), ("x",), ("flat",)), Node(Gemm(), ("flat", "w"), ("y",))]
    constants = {"w": np.ones((10, 30), np.float32)}
    graph = Graph.build("g", [Value("x", TensorType((1, 30, 1, 1)))], ["y"], nodes, constants)
    assert work_of(graph, graph.nodes[0], tile) is None
    assert work_of(graph, graph.nodes[1], tile) == Work("gemm", 4 * 16 * 32, 2, 40, 300)


@pytest.mark.parametrize(
    ("groups", "kernel", "kind", "macs"),
    [(16, 3, "depthwise", 16 * 9 * 16), (2, 3, "conv_kxk", 2 * 16 * 8 * 8 * 9), (1, 1, "conv_1x1", 16 * 16 * 16)],
)
def test_convolutions_are_classed_by_groups_and_kernel(groups, kernel, kind, macs):
    weights = np.ones((16, 16 // groups, kernel, kernel), np.float32)
    pad = kernel // 2
    node = Node(Conv(pads=(pad, pad, pad, pad), groups=groups), ("x", "w"), ("y",))
    graph = Graph.build("g", [Value("x", TensorType((1, 16, 4, 4)))], ["y"], [node], {"w": weights})
    found = work_of(graph, node, Tile(4, 8, 1, 8))
    assert found is not None
    assert (found.kind, found.macs) == (kind, macs)


@pytest.mark.parametrize("name", sorted(price_tables()))
def test_every_shipped_table_prices_every_class_and_orders_sizes(name, stem):
    table = price_table(name)
    assert table.name == name
    assert predict_us(stem, in_float(), table) > 0
    wide = {**stem.constants, "w1": np.ones((64, 8, 1, 1), np.float32)}
    larger = Graph.build("wide", [stem.values["x"]], ["y"], stem.nodes, wide)
    for dtype in ("float32", "int8"):
        assert node_us(larger, larger.nodes[2], dtype, table) > node_us(stem, stem.nodes[2], dtype, table)


def test_dynamic_takes_float_s_price_where_no_hybrid_kernel_runs(stem):
    wide = {**stem.constants, "w1": np.ones((1_000, 8, 1, 1), np.float32)}
    graph = Graph.build("wide", [stem.values["x"]], ["y"], stem.nodes, wide)
    prices = {"float32_conv_kxk": {"node_us": 7.0}, "float32_conv_1x1": {"node_us": 100.0}}
    table = toy_table(**prices)
    assert predict_dynamic_us(graph, table) is None
    hybrid = table.model_copy(update={"hybrid": {"conv_1x1": Price(node_us=30.0), "conv_kxk": Price(node_us=1.0)}})
    assert predict_dynamic_us(graph, hybrid) == pytest.approx(7.0 + 30.0)  # three channels are too few for the stem
    assert predict_dynamic_us(stem, hybrid) == pytest.approx(7.0 + 100.0)


def test_a_board_has_its_table_and_an_unknown_name_is_refused():
    assert price_table("rk3399") is price_table("rpi4") is price_table("a72")
    with pytest.raises(InputError, match="rk3398") as error:
        price_table("rk3398")
    assert "did you mean rk3399?" in (error.value.fix or "")


def test_an_incomplete_table_is_refused(tmp_path):
    path = tmp_path / "half.toml"
    text = (
        'title = "half"\nruntime = "r"\nbasis = "measured"\nsource = "s"\n[applies]\narchitecture = "x86_64"\n'
        "[tiles.float32]\nrows = 4\ncolumns = 8\ndepth = 1\nlanes = 8\n[prices.float32]\ngemm = { mac_ns = 1.0 }\n"
    )
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_table(path)
    assert error.value.where == str(path)
    path.write_text(text.replace("mac_ns", "mac_us"))
    with pytest.raises(InputError, match="mac_us"):
        read_table.__wrapped__(path)


@pytest.mark.parametrize(
    ("op", "kind", "times"),
    [
        *((Exp(), "sigmoid", 1), (Neg(), "clip", 1), (Gelu(), "sigmoid", 1), (ReduceMax((1,)), "mean", 1)),
        *((Softsign(), "binary", 3), (HardSigmoid(), "binary", 3), (L2Normalize(), "binary", 3)),
    ],
)
def test_an_elementwise_op_costs_its_memory_for_each_step_of_it(op, kind, times):
    graph = Graph.build("g", [Value("x", TensorType((1, 8, 4, 4)))], ["y"], [Node(op, ("x",), ("y",))], {})
    moved = graph.type("x").count + graph.type("y").count
    assert work_of(graph, graph.nodes[0], Tile(4, 8, 1, 8)) == Work(kind, elements=times * moved)


def test_truth_values_take_no_time_of_their_own_and_are_converted_nowhere():
    nodes = [Node(Greater(), ("x", "z"), ("t",)), Node(Where(), ("t", "x", "z"), ("y",))]
    inputs = [Value(name, TensorType((1, 8, 4, 4))) for name in ("x", "z")]
    graph = Graph.build("g", inputs, ["y"], nodes, {})
    found = predict(graph, lambda _: "float32", toy_table(float32_binary={"node_us": 3.0}))
    assert (found.nodes, found.conversions) == ({"t": 0.0, "y": 3.0}, {})
