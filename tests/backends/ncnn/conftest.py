from __future__ import annotations

import pytest

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.graph.ops.activations import LeakyRelu, Relu, Sigmoid
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv


@pytest.fixture
def small(make_graph, normal):
    """Two convolutions with a value that three layers and an output read."""
    rows = [
        (Conv(pads=(1, 1, 1, 1)), "x w b", "a"),
        (Relu(), "a", "r"),
        (LeakyRelu(0.1), "r", "l"),
        (Add(), "r l", "s"),
        (Conv(), "s v", "c"),
        (Sigmoid(), "c", "y"),
    ]
    held = {"w": normal(8, 3, 3, 3), "b": normal(8), "v": normal(4, 8, 1, 1)}
    return make_graph({"x": (1, 3, 6, 5)}, rows, held, ["y", "r"])


@pytest.fixture
def written(small, tmp_path):
    """Write a graph's files, by default the small one's; the .param file."""

    def write(graph=small, name="ncnn-fp32"):
        for file, content in target(name).emit(graph, target(name).float_plan(), EmitOptions()).items():
            (tmp_path / file).write_bytes(content)
        return tmp_path / "model.param"

    return write
