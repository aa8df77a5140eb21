"""Winograd's form computes the same for every size of image, and fires only where it has a form."""

from __future__ import annotations

import pytest

from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.graph.rewrite import refusals
from edgeface.passes.transform_convolutions import can_transform, is_product, transform, transform_convolutions

BORDER = (1, 1, 1, 1)


@pytest.fixture
def convolution(make_graph, normal):
    def make(height=6, width=9, op=None, kernel=(3, 3), bias=True):
        rows = [(op or Conv(pads=BORDER, activation="relu"), "x w b" if bias else "x w", "y")]
        groups = 1 if op is None else op.groups
        constants = {"w": normal(4, 4 // groups, *kernel), "b": normal(4)}
        return make_graph({"x": (1, 4, height, width)}, rows, constants)

    return make


@pytest.mark.parametrize("height", [1, 4, 5, 8])
@pytest.mark.parametrize("width", [2, 3, 7, 12])
def test_every_size_of_image_has_the_same_result(convolution, same, height, width):
    graph = convolution(height, width)
    same(graph, transform_convolutions(graph, {"y"}))


@pytest.mark.parametrize("activation", ["none", "relu", "relu6"])
def test_its_activation_and_its_bias_are_kept(convolution, same, activation):
    for bias in (True, False):
        graph = convolution(op=Conv(pads=BORDER, activation=activation), bias=bias)
        same(graph, transform_convolutions(graph, {"y"}))


def test_a_tile_has_36_products_of_1x1(convolution):
    formed = transform_convolutions(convolution(8, 12), {"y"})
    products = [node for node in formed.nodes if any(map(is_product, node.inputs))]
    assert len(products) == 36
    assert {formed.type(node.output).shape for node in products} == {(1, 4, 2, 3)}
    assert [node for node in formed.nodes if len(node.inputs) == 3] == [products[7]]  # the bias, at the point (1, 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"op": Conv(strides=(2, 2), pads=BORDER)}, "strides"),
        ({"op": Conv(pads=BORDER, groups=2)}, "groups"),
        ({"op": Conv(dilations=(2, 2), pads=BORDER)}, "dilations"),
        ({"op": Conv()}, "border"),
        ({"op": Conv(pads=(1, 1, 0, 1))}, "border"),
        ({"op": Conv(pads=BORDER), "kernel": (1, 3)}, "not 3×3"),
    ],
)
def test_others_stay_and_say_why(convolution, change, why):
    graph = convolution(**change)
    assert transform_convolutions(graph, {"y"}) is graph
    assert [why in reason for _, reason in refusals(graph, transform)] == [True]


def test_computed_weights_stay(make_graph):
    graph = make_graph({"x": (1, 2, 4, 4), "k": (2, 2, 3, 3)}, [(Conv(pads=BORDER), "x k", "y")])
    assert can_transform(graph, graph.nodes[0]) == "it is not a convolution with constant weights"


def test_only_what_is_wanted_is_transformed(convolution):
    graph = convolution()
    assert transform_convolutions(graph, ()) is graph


def test_an_image_is_transformed_once_for_its_readers(make_graph, normal, same, ops):
    op = Conv(pads=BORDER)
    rows = [(op, "x wa", "a"), (op, "x wb", "b"), (Concat(1), "a b", "y")]
    constants = {"wa": normal(2, 3, 3, 3), "wb": normal(5, 3, 3, 3)}
    graph = make_graph({"x": (1, 3, 8, 8)}, rows, constants)
    formed = transform_convolutions(graph, {"a", "b"})
    assert ops(formed).count("Conv") == 6 + 36 + 36  # rows, columns, products
    same(graph, formed)
