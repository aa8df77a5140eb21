"""The form of PRELU: the one that TensorFlow's own converter writes."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ops.activations import PRelu
from edgeface.quantize.plan import QuantPlan

CASES = {
    "an image": ((1, 3, 4, 5), (3, 1, 1), [1, 1, 3]),
    "an image, slope with a batch": ((1, 3, 4, 5), (1, 3, 1, 1), [1, 1, 3]),
    "an image, one slope": ((1, 3, 4, 5), (1,), [1, 1, 1]),
    "a slope for each pixel": ((1, 3, 4, 5), (3, 4, 5), [4, 5, 3]),
    "a vector": ((1, 6), (6,), [6]),
    "a slope for each of a batch": ((2, 6), (2, 6), [2, 6]),
}


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-fp16"])
@pytest.mark.parametrize("case", CASES)
def test_a_slope_has_one_axis_less_than_what_it_is_for(make_graph, normal, evaluate, name, case):
    shape, given, wanted = CASES[case]
    graph = make_graph({"x": shape}, [(PRelu(), "x s", "y")], {"s": normal(*given, seed=1)})
    content = target(name).emit_model(graph, QuantPlan(), EmitOptions())
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0)).subgraphs[0]
    assert list(model.tensors[model.operators[-1].inputs[1]].shape) == wanted
    feed = {"x": normal(*shape, seed=2)}
    runner = LiteRtRunner(content)
    assert not runner.delegation().left
    np.testing.assert_allclose(FloatRunner(runner, "nhwc").run(feed)["y"], evaluate(graph, feed)["y"], atol=2e-3)
