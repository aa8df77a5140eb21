"""A channel that batch normalization turned off has weights of almost nothing: its bias still counts."""

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.ranges import RangeRule


@pytest.mark.parametrize("op", [Conv(), Gemm()], ids=["conv", "gemm"])
@pytest.mark.parametrize("name", ["tflite-int8", "onnx-int8"])
@pytest.mark.parametrize(("weight", "bias"), [(1e-12, -0.05), (0.0, 3.0), (1e-30, 1e4), (0.5, 0.1)])
def test_the_bias_of_a_dead_channel_is_kept(make_graph, normal, op, name, weight, bias):
    image = isinstance(op, Conv)
    shape = (1, 3, 4, 4) if image else (1, 3)
    weights = normal(4, 3, 1, 1) if image else normal(4, 3)
    weights[2] *= weight
    biases = np.float32([0.1, -0.2, bias, 0.3])
    graph = make_graph({"x": shape}, [(op, "x w b", "y")], {"w": weights, "b": biases})
    feeds = [{"x": normal(*shape, seed=seed)} for seed in range(4)]
    stats = observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, feeds)
    wanted = target(name)
    plan = build_plan(graph, stats, wanted.scheme, RangeRule("minmax"))
    model = wanted.emit_model(graph, plan, EmitOptions())
    runner = FloatRunner(LiteRtRunner(model) if name.startswith("tflite") else OrtRunner(model), wanted.layout)
    got = runner.run(feeds[0])["y"][:, 2]
    step = plan.params["y"].scale[0]
    assert np.abs(got - bias).max() <= 1.01 * step + 3 * weight
