from __future__ import annotations

from itertools import product

import pytest

from edgeface.graph.ops.spatial import Resize
from edgeface.passes.resize_by_scales import resize_by_scales


@pytest.mark.parametrize(
    ("mode", "rule"), [("nearest", "half_pixel"), *product(["linear"], ["half_pixel", "asymmetric"])]
)
@pytest.mark.parametrize("size", [(13, 4), (23, 5), (3, 8), (9, 8), (41, 29)])
def test_no_resize_is_written_by_sizes_of_axes(make_graph, same, mode, rule, size):
    graph = make_graph({"x": (1, 2, 9, 8)}, [(Resize(size, mode, rule), "x", "y")])
    scaled = resize_by_scales(graph)
    for node in scaled.nodes:
        assert not isinstance(node.op, Resize) or "axes" not in node.op.to_onnx([graph.type("x")]).attributes
    same(graph, scaled)


def test_exact_scales_stay(make_graph):
    graph = make_graph({"x": (1, 2, 9, 8)}, [(Resize((18, 4), "linear"), "x", "y")])
    assert resize_by_scales(graph) is graph
