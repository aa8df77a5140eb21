from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.quantization import DequantizeLinear


@pytest.fixture
def written(network, plan_of, tmp_path):
    """Write a target's files of a graph, by default the network of all backends; the .xml file."""

    def write(name="openvino-fp32", graph=network, metadata=None):
        wanted = target(name)
        plan = wanted.float_plan() if wanted.scheme is None else plan_of(graph, scheme=wanted.scheme)
        for file, content in wanted.emit(graph, plan, EmitOptions(metadata=metadata or {})).items():
            (tmp_path / file).write_bytes(content)
        return tmp_path / wanted.model_file

    return write


@pytest.fixture
def half_quantized(make_graph, normal):
    """A convolution with weights in int8 whose input is not quantized: no integer kernel can run it."""
    rows = [(DequantizeLinear(0), "q s z", "w"), (Conv(pads=(1, 1, 1, 1)), "x w", "c"), (Relu(), "c", "y")]
    random = np.random.default_rng(0)
    held = {
        "q": random.integers(-127, 128, (16, 8, 3, 3)).astype(np.int8),
        "s": np.full(16, 0.01, np.float32),
        "z": np.zeros(16, np.int8),
    }
    return make_graph({"x": (1, 8, 12, 12)}, rows, held, ["y"])
