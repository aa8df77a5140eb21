"""The file itself: alignment, names, metadata, sharing."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.flatbuffer import ModelBuilder
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.bundle.face_runner.network import Network
from edgeface.bundle.face_runner.open_network import check_fit
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.plan import QParams, QuantPlan

TFLITE = ["tflite-fp32", "tflite-fp16", "tflite-int8"]


@pytest.fixture
def emitted(network, plan_of):
    def emit(name, **options):
        plan = plan_of(network) if target(name).scheme else QuantPlan()
        return target(name).emit_model(network, plan, EmitOptions(**options))

    return emit


def parsed(content):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


@pytest.mark.parametrize("name", TFLITE)
def test_all_data_starts_at_a_multiple_of_sixteen_bytes(emitted, name):
    content = emitted(name, metadata={"note": "odd length"})
    model = schema.Model.GetRootAsModel(content, 0)
    filled = [model.Buffers(i) for i in range(model.BuffersLength()) if model.Buffers(i).DataLength()]
    assert len(filled) >= 6
    starts = [buffer._tab.Vector(buffer._tab.Offset(4)) for buffer in filled]
    assert [start % 16 for start in starts] == [0] * len(starts)
    for buffer, start in zip(filled, starts, strict=True):
        assert buffer.DataAsNumpy().tobytes() == content[start : start + buffer.DataLength()]


@pytest.mark.parametrize("name", TFLITE)
def test_the_first_buffer_has_no_data_at_all_and_belongs_to_every_computed_tensor(emitted, name):
    model = schema.Model.GetRootAsModel(emitted(name), 0)
    assert model.Buffers(0).DataIsNone()  # an empty vector makes other tools take computed tensors for constants
    others = [model.Buffers(i) for i in range(1, model.BuffersLength())]
    assert all(buffer.DataLength() for buffer in others)
    graph = model.Subgraphs(0)
    made = [i for row in map(graph.Operators, range(graph.OperatorsLength())) for i in row.OutputsAsNumpy()]
    assert {graph.Tensors(i).Buffer() for i in made} == {0}


def test_metadata_can_be_read_back(emitted):
    model = parsed(emitted("tflite-int8", metadata={"contract": '{"é": 1}', "a": "b"}))
    found = {entry.name.decode(): bytes(model.buffers[entry.buffer].data).decode() for entry in model.metadata}
    assert found == {"contract": '{"é": 1}', "a": "b"}


@pytest.mark.parametrize(
    ("name", "io"), [*((name, "float") for name in TFLITE), ("tflite-int8", "int8"), ("tflite-int8", "uint8")]
)
def test_the_signature_names_inputs_and_outputs(emitted, name, io):
    model = parsed(emitted(name, io=io))
    (signature,) = model.signatureDefs
    assert signature.signatureKey == b"serving_default"
    assert [entry.name for entry in signature.inputs] == [b"x"]
    assert [entry.name for entry in signature.outputs] == [b"d", b"y"]
    runner = LiteRtRunner(emitted(name, io=io))
    assert {spec.name: spec.shape for spec in runner.outputs} == {"y": (1, 6, 5, 5), "d": (1, 6, 5, 32)}


def test_half_weights_halve_the_file_and_int8_quarters_it(make_graph, normal, plan_of):
    graph = make_graph({"x": (1, 64, 5, 5)}, [(Conv(), "x w b", "y")], {"w": normal(64, 64, 3, 3), "b": normal(64)})
    sizes = [
        len(target(name).emit_model(graph, plan, EmitOptions()))
        for name, plan in zip(TFLITE, (QuantPlan(), QuantPlan(), plan_of(graph)), strict=True)
    ]
    assert sizes[1] / sizes[0] == pytest.approx(0.5, abs=0.02)
    assert sizes[2] / sizes[0] == pytest.approx(0.25, abs=0.03)


def test_equal_constants_are_stored_once(normal):
    builder = ModelBuilder("g")
    data = normal(100, 100)
    for index in range(5):
        builder.constant(f"c{index}", data.copy())
    x = builder.tensor("x", (1,), "float32")
    assert len(builder.finish({"x": x}, {"x": x}, {})) < 2 * data.nbytes


def test_zero_points_and_equal_scales_are_stored_once():
    builder = ModelBuilder("g")
    for index in range(10):
        builder.tensor(f"t{index}", (1,), "int8", QParams(tuple([0.5] * 1000), 0, 0))
    x = builder.tensor("x", (1,), "float32")
    content = builder.finish({"x": x}, {"x": x}, {})
    assert len(content) < 1000 * (8 + 4) + 4000
    for tensor in parsed(content).subgraphs[0].tensors[:10]:
        assert (tensor.quantization.scale == 0.5).all()
        assert tensor.quantization.zeroPoint.tolist() == [0] * 1000


def test_a_constant_may_serve_int8_and_float_ops(make_graph, normal, plan_of, evaluate):
    rows = [(Mul(), "x s", "a"), (Conv(), "a w", "b"), (Add(), "b s", "y"), (Conv(), "b w", "z")]
    graph = make_graph({"x": (1, 3, 4, 4)}, rows, {"w": normal(3, 3, 1, 1), "s": normal(3, 1, 1)}, ["y", "z"])
    plan = plan_of(graph, kept_float={"y": "a test", "z": "a test"})
    runner = FloatRunner(LiteRtRunner(target("tflite-int8").emit_model(graph, plan, EmitOptions())), "nhwc")
    feed = {"x": normal(1, 3, 4, 4, seed=1)}
    found, expected = runner.run(feed), evaluate(graph, feed)
    for name in ("y", "z"):
        wanted = expected[name]
        assert np.abs(found[name] - wanted).max() < 0.05 * np.abs(wanted).max()


def test_weights_beyond_half_precision_stay_float32(make_graph, normal, evaluate):
    graph = make_graph({"x": (1, 3, 4, 4)}, [(Mul(), "x s", "y")], {"s": np.float32([[[1e5]], [[1]], [[2]]])})
    model = target("tflite-fp16").emit_model(graph, QuantPlan(), EmitOptions())
    feed = {"x": normal(1, 3, 4, 4)}
    found = FloatRunner(LiteRtRunner(model), "nhwc").run(feed)["y"]
    np.testing.assert_allclose(found, evaluate(graph, feed)["y"], rtol=1e-6)


@pytest.mark.parametrize("name", TFLITE)
def test_maps_come_back_as_the_graph_names_their_axes_here_and_on_a_board(emitted, network, normal, evaluate, name):
    """Heat maps decode alike wherever the model runs, though TFLite stores them channels last."""
    content, feed = emitted(name), {"x": normal(1, 3, 11, 9, seed=1)}
    runner, wanted = FloatRunner(LiteRtRunner(content), "nhwc"), evaluate(network, feed)
    board = Network(content)
    size = {"height": 11, "width": 9, "mean": (0, 0, 0)}
    check_fit(board, "model", size, {key: array.shape for key, array in wanted.items()})
    here, there = runner.run(feed), board.run(feed["x"].transpose(0, 2, 3, 1))
    assert {spec.name: spec.shape for spec in runner.outputs} == {key: array.shape for key, array in wanted.items()}
    for key, array in wanted.items():
        np.testing.assert_allclose(there[key], here[key], atol=1e-6)
        assert np.corrcoef(here[key].ravel(), array.ravel())[0, 1] > 0.98
