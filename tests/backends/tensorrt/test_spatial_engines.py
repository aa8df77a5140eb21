"""TensorRT parses every spatial op as it is written, in float and between integer convolutions."""

from __future__ import annotations

import pytest

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest
from edgeface.graph.onnx_reader import read_onnx
from edgeface.passes import run_passes
from edgeface.quantize.precision import state_precision
from edgeface.quantize.quantize import QuantizeOptions, quantize
from tests.backends.test_spatial_int8 import CASES, prepare
from tests.backends.test_spatial_neighbours import KINDS, file_of

pytestmark = pytest.mark.hostile
REQUEST = EngineRequest(("86",), BatchProfile(1, 1, 1), where="spatial")


@pytest.mark.parametrize("name", ["tensorrt-fp32", "tensorrt-fp16"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_engine_is_built_of_all_neighbours(ahead_of_time, kind, name):
    graph = run_passes(run_passes(read_onnx(file_of(kind).SerializeToString())), target(name).legalize)
    model = target(name).emit_model(graph, target(name).float_plan(), EmitOptions())
    assert build_engine(model, REQUEST).plan


@pytest.mark.parametrize("case", CASES)
def test_an_engine_is_built_of_integers_around_an_op(ahead_of_time, normal, case):
    chosen, (graph, stats, _, _) = target("tensorrt-int8"), prepare(case, normal, {})
    graph = run_passes(graph, chosen.legalize)
    made = quantize(graph, stats, chosen.scheme, QuantizeOptions(stated=state_precision(graph, {}, True)))
    assert build_engine(chosen.emit_model(made.graph, made.plan, EmitOptions()), REQUEST).plan
