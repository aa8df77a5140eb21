"""A dry run says what each target makes of a network, and agrees with what the export would do."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import targets
from edgeface.backends.target import EmitOptions
from edgeface.compile.dry_run import dry_run, forecast
from edgeface.compile.request import ExportRequest
from edgeface.errors import OperatorError
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import HardSwish, LeakyRelu, Sigmoid
from edgeface.graph.ops.arithmetic import Div
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.conv import Conv
from edgeface.passes import run_passes

IMAGE = {"x": (1, 3, 6, 5)}
ROWS = {
    "plain": [(Conv(), "x w", "a"), (LeakyRelu(alpha=0.1), "a", "b"), (Sigmoid(), "b", "y")],
    "float only": [(Conv(), "x w", "a"), (Sigmoid(), "a", "b"), (Div(), "a b", "y")],
    "quicker in float": [(Conv(), "x w", "a"), (HardSwish(), "a", "b"), (Conv(), "b v", "y")],
    "refused": [(Sigmoid(), "x", "a"), (BatchNorm(), "a t t t t", "b"), (BatchNorm(), "b t t t t", "y")],
}


@pytest.fixture
def graph(make_graph, normal):
    def build(case):
        held = {
            "w": normal(4, 3, 1, 1),
            "v": normal(4, 4, 1, 1),
            "s": np.ones(4, np.float32),
            "t": np.ones(3, np.float32),
        }
        read = {name for row in ROWS[case] for name in row[1].split()}
        return make_graph(IMAGE, ROWS[case], {k: v for k, v in held.items() if k in read})

    return build


@pytest.mark.parametrize("name", sorted(targets()))
def test_what_every_kernel_takes_is_lowered(graph, name):
    found = forecast(run_passes(graph("plain")), targets()[name])
    assert not found.refused
    if targets()[name].integer_only:
        assert not found.fallback
        assert found.lowered["Conv"] == 1


def test_a_target_with_integer_convolutions_alone_says_what_it_computes_in_float(graph):
    found = forecast(run_passes(graph("plain")), targets()["ncnn-int8"])
    assert [item.op for item in found.fallback] == ["Conv", "LeakyRelu", "Sigmoid"]
    assert "three channels" in found.fallback[0].reason


@pytest.mark.parametrize("name", ["tflite-int8", "onnx-int8", "tensorrt-int8"])
def test_what_integers_cannot_compute_falls_back_with_the_reason(graph, name):
    found = forecast(graph("float only"), targets()[name])
    assert [(item.op, item.reason) for item in found.fallback] == [("Div", Div.float_only)]
    assert "Div" not in found.lowered
    assert not found.refused


def test_float_targets_fall_back_nowhere(graph):
    assert not forecast(graph("float only"), targets()["tflite-fp32"]).fallback


def test_what_a_target_computes_faster_in_float_is_said_too(graph):
    found = forecast(run_passes(graph("quicker in float")), targets()["tflite-int8"])
    assert [item.op for item in found.fallback] == ["HardSwish"]
    assert not forecast(run_passes(graph("quicker in float")), targets()["onnx-int8"]).fallback


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8"])
def test_all_nodes_without_a_lowering_are_refused_at_once(graph, name):
    found = forecast(graph("refused"), targets()[name])
    assert [(item.op, item.node) for item in found.refused] == [("BatchNorm", "b"), ("BatchNorm", "y")]
    assert "no TFLite lowering" in found.refused[0].reason
    assert found.refused[0].remedy
    assert found.lowered == {"Sigmoid": 1}


def test_an_export_refuses_the_same_nodes(graph):
    target = targets()["tflite-fp32"]
    with pytest.raises(OperatorError) as caught:
        target.emit(graph("refused"), target.float_plan(), EmitOptions())
    assert [item.node for item in caught.value.refusals] == ["b", "y"]


def test_a_file_needs_neither_contract_nor_images(graph, tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_bytes(write_onnx(graph("float only")))
    found = dry_run(ExportRequest(str(path), ("tflite-int8", "onnx-fp32"), input_size=(8, 12)))
    assert found.inputs == {"x": (1, 3, 8, 12)}
    assert found.outputs == {"y": (1, 4, 8, 12)}
    assert found.possible
    assert [len(each.fallback) for each in found.forecasts] == [1, 0]
    assert found.as_dict()["forecasts"][0]["fallback"][0]["op"] == "Div"


def test_a_family_is_judged_with_what_its_recipe_keeps_in_float():
    found = dry_run(ExportRequest("retinaface_mnet025", ("tflite-int8",), input_size=(64, 96)))
    assert found.possible
    assert found.inputs["input"] == (1, 3, 64, 96)
    assert found.forecasts[0].lowered["Conv"] > 20


def test_the_tensors_of_weights_tell_the_network(seeded_weights):
    found = dry_run(ExportRequest(weights=seeded_weights, variant="official", targets=("onnx-fp32",)))
    assert found.model == "retinaface_mnet025"
