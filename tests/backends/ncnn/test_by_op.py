"""Op × shape: every case of the conformance tests and of the spatial neighbours, in ncnn against ONNX Runtime."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.ncnn.lowerings import lowerings
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.normalization import GroupNorm
from edgeface.graph.types import TensorType
from edgeface.passes import run_passes
from tests.backends import test_spatial_neighbours as neighbours
from tests.conformance import test_elementwise_by_target as elementwise
from tests.conformance import test_op_by_target as by_op

TOLERANCES = {"ncnn-fp32": 1e-5, "ncnn-bf16": 3e-2}
TRUTH = ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "And", "Or", "ThresholdedRelu"]
"""What compares: ncnn has no layer with truth values."""
JUMPS = {"Floor", "Round", "Ceil", "Sign"}
GRAPHS = {case.name: case for case in by_op.CASES}
WEIGHTS = {"gamma": (4,), "beta": (4,), "mean": (4,), "variance": (4,)}
NORMS = {
    "batch norm": (BatchNorm(), "x gamma beta mean variance", (1, 4, 7, 5)),
    "batch norm of rows": (BatchNorm(), "x gamma beta mean variance", (1, 4, 5)),
    "batch norm of a vector": (BatchNorm(), "x gamma beta mean variance", (1, 4)),
    "group norm": (GroupNorm(2), "x", (1, 4, 7, 5)),
    "group norm of rows": (GroupNorm(4), "x", (1, 4, 6)),
}


@cache
def graph_of(name):
    case = GRAPHS[name]
    random = np.random.default_rng(by_op.seed_of(name))
    drawn = {
        key: made if isinstance(made, np.ndarray) else random.normal(size=made).astype(np.float32)
        for key, made in case.constants.items()
    }
    nodes = [Node(op, tuple(read.split()), (made,), made) for op, read, made in case.rows]
    feed = {"x": random.normal(size=case.shape).astype(np.float32) * 2}
    return Graph.build("g", [Value("x", TensorType(case.shape))], ["y"], nodes, drawn), feed


def agrees(open_emitted, evaluate, name, graph, feed):
    expected, aim = evaluate(graph, feed), target(name)
    found = open_emitted(aim, run_passes(graph, aim.legalize)).run(feed)
    for key, wanted in expected.items():
        assert found[key].shape == wanted.shape
        assert np.abs(found[key] - wanted).max() <= TOLERANCES[name] * max(1.0, np.abs(wanted).max()), key


@pytest.mark.parametrize("name", TOLERANCES)
@pytest.mark.parametrize("case", GRAPHS)
def test_each_op_in_its_odd_forms(open_emitted, evaluate, case, name):
    agrees(open_emitted, evaluate, name, *graph_of(case))


@pytest.mark.parametrize("name", TOLERANCES)
@pytest.mark.parametrize("case", [case for case in elementwise.CASES if case not in TRUTH])
def test_functions_and_reductions_between_convolutions(open_emitted, evaluate, case, name):
    if (case, name) not in {(each, "ncnn-bf16") for each in JUMPS}:
        graph, feeds = elementwise.built(case)
        agrees(open_emitted, evaluate, name, graph, feeds[0])


@pytest.mark.parametrize("case", TRUTH)
def test_what_ncnn_has_no_layer_for_is_refused_with_what_to_add(open_emitted, case):
    with pytest.raises(GraphError) as caught:
        open_emitted(target("ncnn-fp32"), elementwise.built(case)[0])
    assert "backends/ncnn/lowerings" in str(caught.value)


@pytest.mark.parametrize("name", TOLERANCES)
@pytest.mark.parametrize("case", NORMS)
def test_normalizations_that_stay_apart(make_graph, normal, open_emitted, evaluate, case, name):
    op, read, shape = NORMS[case]
    held = {key: np.abs(normal(*size, seed=3)) + 0.5 for key, size in WEIGHTS.items() if key in read}
    agrees(open_emitted, evaluate, name, make_graph({"x": shape}, [(op, read, "y")], held), {"x": normal(*shape)})


@pytest.mark.parametrize("kind", neighbours.KINDS)
def test_spatial_neighbours_give_what_their_file_gives(open_emitted, normal, kind):
    source, feed = neighbours.file_of(kind).SerializeToString(), {"x": normal(*neighbours.IMAGE, seed=1)}
    expected, graph = OrtRunner(source).run(feed), run_passes(read_onnx(source))
    for name, tolerance in TOLERANCES.items():
        aim = target(name)
        found = open_emitted(aim, run_passes(graph, aim.legalize)).run(feed)
        for key, wanted in expected.items():
            np.testing.assert_allclose(
                found[key], wanted, atol=tolerance * np.abs(wanted).max(), err_msg=f"{name} {key}"
            )


def test_every_op_with_a_lowering_has_a_case():
    rows = [*(case.rows for case in by_op.CASES), *elementwise.CASES.values(), [(op, *_) for op, *_ in NORMS.values()]]
    covered = {type(op) for each in rows for op, *_ in each}
    assert {op.__name__ for op in lowerings()} <= {op.__name__ for op in covered}
