"""LRN by its definition, which LiteRT's reference kernel does not follow (findings/): it is not run here."""

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ops.local_response_norm import LocalResponseNorm
from edgeface.quantize.plan import QuantPlan


def by_definition(x, op):
    made = np.empty_like(x)
    for channel in range(x.shape[1]):
        first = max(channel - op.size // 2, 0)
        window = (x[:, first : channel + op.size // 2 + 1] ** 2).sum(axis=1)
        made[:, channel] = x[:, channel] / (op.bias + op.alpha / op.size * window) ** op.beta
    return made


@pytest.mark.parametrize("name", ["onnx-fp32", "tflite-fp32"])
@pytest.mark.parametrize(
    "op", [LocalResponseNorm(3, 0.2, 0.6, 1.5), LocalResponseNorm(5, 0.2), LocalResponseNorm(1, 2.0, 0.5)]
)
def test_each_target_normalizes_over_the_whole_window(make_graph, normal, op, name):
    graph = make_graph({"x": (1, 8, 7, 5)}, [(op, "x", "y")])
    model = target(name).emit_model(graph, QuantPlan(), EmitOptions())
    runner = LiteRtRunner(model, kernels="xnnpack") if name.startswith("tflite") else OrtRunner(model)
    x = normal(1, 8, 7, 5, scale=2.0)
    found = FloatRunner(runner, target(name).layout).run({"x": x})["y"]
    np.testing.assert_allclose(found, by_definition(x, op), rtol=1e-5, atol=1e-6)
