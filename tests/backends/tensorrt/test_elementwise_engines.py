"""TensorRT parses every element-wise op and reduction as it is written, in each type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest
from edgeface.graph.ir import Graph, Value
from edgeface.graph.types import TensorType
from edgeface.passes import run_passes
from tests.conformance.test_elementwise_by_target import CASES, SHAPE, built

pytestmark = pytest.mark.hostile


@pytest.mark.parametrize("name", ["tensorrt-fp32", "tensorrt-fp16"])
def test_an_engine_is_built_of_all_of_them(ahead_of_time, name):
    graph = run_passes(side_by_side(), target(name).legalize)
    model = target(name).emit_model(graph, target(name).float_plan(), EmitOptions())
    assert build_engine(model, EngineRequest(("86",), BatchProfile(1, 1, 1), where=name)).plan


def side_by_side() -> Graph:
    """All cases in one graph, on one input."""
    nodes, constants, outputs = [], {}, []
    for number, case in enumerate(CASES):
        graph, _ = built(case)
        names = {name: "x" if name == "x" else f"{name}_{number}" for name in graph.values}
        for node in graph.nodes:
            renamed = (tuple(names[each] for each in part) for part in (node.inputs, node.outputs))
            nodes.append(replace(node, **dict(zip(("inputs", "outputs"), renamed, strict=True))))
        constants |= {names[name]: data for name, data in graph.constants.items()}
        outputs.append(names["y"])
    return Graph.build("all", [Value("x", TensorType(SHAPE))], outputs, nodes, constants)
