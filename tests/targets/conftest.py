from __future__ import annotations

import pytest

from edgeface.graph.ops.activations import LeakyRelu, Sigmoid
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.schemes import TFLITE_INT8
from edgeface.runtimes.ort import OrtRunner

SAME = (1, 1, 1, 1)


@pytest.fixture
def network(make_graph, normal):
    """Two branches of convolutions, joined; two outputs."""
    rows = [
        (Conv(pads=SAME, strides=(2, 2)), "x w0 b0", "a"),
        (LeakyRelu(alpha=0.1), "a", "b"),
        (Conv(groups=16, pads=SAME), "b w1 b1", "c"),
        (Concat(1), "b c", "d"),
        (Conv(), "d w2 b2", "e"),
        (Sigmoid(), "e", "y"),
    ]
    shapes = {"w0": (16, 3, 3, 3), "b0": (16,), "w1": (16, 1, 3, 3), "b1": (16,), "w2": (5, 32, 1, 1), "b2": (5,)}
    constants = {name: normal(*shape, seed=3, scale=0.5) for name, shape in shapes.items()}
    return make_graph({"x": (1, 3, 11, 9)}, rows, constants, ["y", "d"])


@pytest.fixture
def plan_of(normal):
    """A plan from four noisy images; for TFLite where no other scheme is given."""

    def plan(graph, scheme=TFLITE_INT8, **options):
        run = OrtRunner(observed_onnx(graph), optimise=False).run
        feeds = [{n: normal(*graph.type(n).shape, seed=i) for n in graph.inputs} for i in range(4)]
        return build_plan(graph, observe(graph, run, feeds), scheme, RangeRule("minmax"), **options)

    return plan
