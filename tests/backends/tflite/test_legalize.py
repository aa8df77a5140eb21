from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.legalize import reorder, reorder_flattened
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.rewrite import refusals

IMAGE = {"x": (2, 3, 4, 5)}
ROWS = [(Relu(), "x", "a"), (Reshape((2, 60)), "a", "f"), (Gemm(), "f w b", "y")]


@pytest.fixture
def weights(normal):
    return {"w": normal(7, 60), "b": normal(7)}


def test_flattening_is_turned_channels_last_and_the_weights_follow(make_graph, weights, normal, evaluate):
    graph = make_graph(IMAGE, ROWS, weights)
    turned = reorder_flattened(graph)
    assert [type(n.op).__name__ for n in turned.nodes] == ["Relu", "Transpose", "Reshape", "Gemm"]
    feed = {"x": normal(2, 3, 4, 5)}
    np.testing.assert_allclose(evaluate(turned, feed)["y"], evaluate(graph, feed)["y"], rtol=1e-4, atol=1e-5)


def test_a_flattened_image_that_is_read_elsewhere_stays(make_graph, weights):
    graph = make_graph(IMAGE, ROWS, weights, ["y", "f"])
    assert reorder_flattened(graph) is graph
    assert len(refusals(graph, reorder)) == 1


@pytest.mark.parametrize(("shape", "weight"), [((6, 20), (6, 20)), ((1, 120), (4, 120))])
def test_rows_that_are_not_one_whole_image_stay(make_graph, normal, shape, weight):
    graph = make_graph(IMAGE, [(Reshape(shape), "x", "f"), (Gemm(), "f w", "y")], {"w": normal(*weight)})
    assert reorder_flattened(graph) is graph
    assert [reason for _, reason in refusals(graph, reorder)] == [
        "a row of the matrix product is not one flattened image"
    ]


def test_one_pixel_and_images_that_are_channels_last_already_stay(make_graph, weights):
    pixel = make_graph({"x": (2, 60, 1, 1)}, [(Reshape((2, 60)), "x", "f"), (Gemm(), "f w", "y")], weights)
    assert reorder_flattened(pixel) is pixel
    rows = [(Transpose((0, 2, 3, 1)), "x", "t"), (Reshape((2, 60)), "t", "f"), (Gemm(), "f w", "y")]
    turned = make_graph(IMAGE, rows, weights)
    assert reorder_flattened(turned) is turned


def test_a_matrix_product_of_rows_stays(make_graph, weights):
    graph = make_graph({"x": (2, 60)}, [(Gemm(), "x w b", "y")], weights)
    assert reorder_flattened(graph) is graph
