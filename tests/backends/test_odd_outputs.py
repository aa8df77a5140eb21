"""Outputs that no layer makes: constants, inputs, and one value twice, in every target's file."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import targets
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape
from edgeface.passes import run_passes
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.precision import state_precision
from edgeface.quantize.ranges import RangeRule

ROWS = ((Conv(), "x w", "a"), (Relu(), "a", "y"))
COPY = (Reshape((1, 4, 6, 5)), "a", "again")
OUTPUTS = {
    "a constant of one axis": (ROWS, ["y", "anchors"]),
    "a constant image": (ROWS, ["maps", "y"]),
    "a constant that a layer reads too": (ROWS, ["y", "w"]),
    "whole numbers": (ROWS, ["y", "sizes"]),
    "a single number": (ROWS, ["y", "limit"]),
    "an input": (ROWS, ["y", "x"]),
    "a value that is read on": (ROWS, ["a", "y"]),
    "one value twice": ((*ROWS, COPY), ["a", "again", "y"]),
}


@pytest.mark.parametrize("name", sorted(targets()))
@pytest.mark.parametrize("case", OUTPUTS)
def test_every_output_is_given(make_graph, normal, evaluate, open_emitted, case, name):
    target, (rows, outputs) = targets()[name], OUTPUTS[case]
    held = {"w": normal(4, 3, 1, 1, seed=5), "anchors": normal(7, seed=6), "maps": normal(1, 2, 3, 4, seed=7)}
    held |= {"sizes": np.array([16, 32, 64]), "limit": np.array(0.5, np.float32)}
    read = {key for row in rows for key in row[1].split()}
    graph = make_graph({"x": (1, 3, 6, 5)}, rows, {k: v for k, v in held.items() if k in {*read, *outputs}}, outputs)
    graph = run_passes(graph, target.legalize)
    feeds = [{"x": normal(1, 3, 6, 5, seed=n)} for n in range(3)]
    runner = open_emitted(target, graph, planned(target, graph, feeds))
    found, expected = runner.run(feeds[0]), evaluate(graph, feeds[0])
    assert set(found) == set(expected)
    for key, array in expected.items():
        in_order = array.shape == found[key].shape
        given = found[key] if in_order else found[key].transpose(0, 3, 1, 2)
        np.testing.assert_allclose(given, array, atol=0.2 if target.scheme else 0.05 if name == "ncnn-bf16" else 4e-3)


def planned(target, graph, feeds):
    if target.scheme is None:
        return target.float_plan()
    stats = observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, feeds)
    return build_plan(graph, stats, target.scheme, RangeRule("minmax"), stated=state_precision(graph, {}, True))
