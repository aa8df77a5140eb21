from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_steps.drop_unread import drop_unread


@pytest.mark.parametrize(("parts", "read"), [("y b c", "y"), ("a y c", "y"), ("a b y", "y"), ("a y z", "y z")])
def test_parts_that_nobody_reads_are_not_made(onnx_bytes, normal, parts, read):
    node = helper.make_node("Split", ["x"], parts.split(), axis=2)
    source = onnx_bytes([node], {"x": (1, 4, 6, 7)}, read.split())
    graph = read_onnx(source)
    assert [n.output for n in graph.nodes] == read.split()
    model, feed = onnx.load_from_string(source), {"x": normal(1, 4, 6, 7)}
    size = 2 * (parts.split().index("y"))
    np.testing.assert_array_equal(OrtRunner(source).run(feed)["y"], feed["x"][:, :, size : size + 2])
    kept = drop_unread(model).graph.node[0].output
    assert list(kept) == [name if name in read or i == 0 else "" for i, name in enumerate(parts.split())]


def test_indices_that_nobody_reads_do_not_matter(onnx_bytes):
    node = helper.make_node("MaxPool", ["x"], ["y", "indices"], kernel_shape=[2, 2])
    assert [n.outputs for n in read_onnx(onnx_bytes([node])).nodes] == [("y",)]
