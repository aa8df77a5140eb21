"""Convolutions that a plan states in Winograd's form: float among integers, in one partition, with half weights."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.plan import QuantPlan, Stated

INT8 = target("tflite-int8")
PLAIN, FORMED = Stated("float32", "a test"), Stated("float32", "a test", "winograd")


@pytest.fixture
def written(make_graph, normal, plan_of):
    """x → a (3×3, as stated) → y (1×1, int8)."""
    rows = [(Conv(pads=(1, 1, 1, 1), activation="relu"), "x w b", "a"), (Conv(), "a w1", "y")]
    constants = {"w": normal(16, 8, 3, 3), "b": normal(16), "w1": normal(4, 16, 1, 1)}
    graph = make_graph({"x": (1, 8, 10, 12)}, rows, constants)

    def write(stated):
        plan = QuantPlan(plan_of(graph).params, {"a": stated, "x": Stated("float32", "a test")})
        return INT8.emit_model(graph, plan, EmitOptions())

    return write


def test_the_form_computes_the_same_to_a_step_in_one_partition(written, normal):
    feeds = {"x": normal(1, 10, 12, 8)}
    plain, formed = LiteRtRunner(written(PLAIN)), LiteRtRunner(written(FORMED))
    assert formed.delegation().partitions == 1
    assert formed.delegation().left == ()
    expected, found = plain.run(feeds)["y"], formed.run(feeds)["y"]
    step = np.unique(np.diff(np.unique(expected)))[0]
    assert np.abs(found - expected).max() <= 1.01 * step


def test_the_products_weights_are_stored_as_halves(written):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(written(FORMED), 0))
    halves = [x for x in model.subgraphs[0].tensors if x.type == schema.TensorType.FLOAT16]
    assert [tuple(tensor.shape) for tensor in halves] == [(16, 1, 1, 8)] * 36


def test_nothing_changes_where_no_form_is_stated(written):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(written(PLAIN), 0))
    assert sum(op.builtinOptionsType == schema.BuiltinOptions.Conv2DOptions for op in model.subgraphs[0].operators) == 2
