"""Ops that integers cannot compute, among integers: every integer target converts around them."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import targets
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Concat, Div
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.precision import state_precision
from edgeface.quantize.ranges import RangeRule

FIRST = ((Conv(), "x w b", "a"), (Conv(), "x v far", "d"))
PLACES = {
    "between integers": (*FIRST, (Div(), "a d", "q"), (Conv(), "q u", "y")),
    "makes an output": (*FIRST, (Div(), "a d", "y")),
    "reads the input": ((Div(), "x c", "q"), (Conv(), "q w b", "y")),
    "feeds a concat": (*FIRST, (Div(), "a d", "q"), (Concat(1), "a q", "e"), (Conv(), "e t", "y")),
    "feeds a concat that is an output": (*FIRST, (Div(), "a d", "q"), (Relu(), "a", "r"), (Concat(1), "q r", "y")),
}
INTEGER = [(name, io) for name, each in targets().items() if each.scheme for io in each.io_types if io != "uint8"]


@pytest.mark.parametrize(("name", "io"), INTEGER)
@pytest.mark.parametrize("place", PLACES)
def test_a_float_op_works_wherever_it_stands(make_graph, normal, evaluate, open_emitted, place, name, io):
    target = targets()[name]
    shapes = {"w": (4, 3, 1, 1), "v": (4, 3, 1, 1), "u": (4, 4, 1, 1), "t": (4, 8, 1, 1), "b": (4,)}
    constants = {key: normal(*shape, seed=5) for key, shape in shapes.items()}
    constants |= {"far": np.full(4, 12, np.float32), "c": np.array([2, -1, 0.7], np.float32).reshape(3, 1, 1)}
    used = {key for _, read, _ in PLACES[place] for key in read.split()}
    graph = make_graph({"x": (1, 3, 6, 5)}, PLACES[place], {k: v for k, v in constants.items() if k in used})
    feeds = [{"x": normal(1, 3, 6, 5, seed=n)} for n in range(4)]
    stats = observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, feeds)
    stated = state_precision(graph, {}, io == "float")
    plan = build_plan(graph, stats, target.scheme, RangeRule("minmax"), stated=stated)
    found, expected = open_emitted(target, graph, plan, io).run(feeds[0]), evaluate(graph, feeds[0])
    assert 20 * np.log10(np.std(expected["y"]) / np.std(found["y"] - expected["y"])) > 25
