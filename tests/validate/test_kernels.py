from __future__ import annotations

import pytest

from edgeface.backends import runtime_named, target
from edgeface.backends.onnx.emit import PLACEMENT as ORT
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.qdq.quantized import insert_quantization
from edgeface.backends.runtime import Inspection
from edgeface.backends.target import EmitOptions
from edgeface.core.thresholds import Thresholds
from edgeface.errors import InputError
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Relu, Tanh
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.ranges import RangeRule
from edgeface.tasks.detection.task import TASK
from edgeface.validate.compare import Findings
from edgeface.validate.judge_model import judge_model
from edgeface.validate.kernels import inspect_kernels, judge_kernels

IMAGE = (1, 3, 6, 8)


@pytest.fixture
def quantized(make_graph, normal, tmp_path):
    """A model file of two convolutions; ONNX Runtime fuses a ReLU behind the second, but no Tanh."""

    def build(last):
        rows = [(Conv(activation="relu"), "x w", "a"), (Conv(), "a v", "b"), (last, "b", "y")]
        graph = make_graph({"x": IMAGE}, rows, {"w": normal(4, 3, 3, 3), "v": normal(4, 4, 1, 1)})
        runner = OrtRunner(observed_onnx(graph))
        stats = observe(graph, runner.run, [{"x": normal(*IMAGE, seed=i)} for i in range(3)])
        # As if the plan left out to round between the convolution and what follows it.
        plan = build_plan(graph, stats, ORT_U8S8, RangeRule("minmax"))
        path = tmp_path / "model.onnx"
        path.write_bytes(write_onnx(_unrounded(insert_quantization(graph, plan, ORT))))
        return path

    return build


def _unrounded(graph):
    """Without the pair behind the second convolution, as where an emitter forgot it."""
    nodes = []
    for node in graph.nodes:
        if node.output in {"b", "b/stored"}:
            continue
        inputs = tuple("b/real" if name == "b" else name for name in node.inputs)
        nodes.append(type(node)(node.op, inputs, node.outputs, node.origin))
    return graph.rebuild(nodes)


def test_integer_convolutions_left_in_float_fail_the_gate_that_requires_nothing_else(quantized):
    [requirement, other] = judge_kernels(Thresholds(), inspect_kernels(quantized(Tanh())))
    assert other.met
    assert requirement.what == "int8 convolutions that ONNX Runtime computes in float"
    assert (requirement.limit, requirement.measured, requirement.met) == ("0", "1: b/real", False)


def test_a_fully_fused_model_meets_the_gate(quantized):
    found = inspect_kernels(quantized(Relu()))
    assert [(one.measured, one.met) for one in judge_kernels(Thresholds(), found)] == [("0", True)] * 2
    assert found.facts["optimized"]["convolutions_in_integers"] == 2
    assert found.facts["optimized"]["left_in_float"] == []
    assert found.facts["operators"]["Conv"] == 2


def test_a_verdict_names_what_the_gate_found(quantized):
    findings, kernels = judge_model(Findings({}, None, 1, "synthetic"), Thresholds(), quantized(Tanh()), TASK)
    assert [requirement.met for requirement in findings.requirements] == [False, True]
    assert not findings.passed
    assert kernels["optimized"]["left_in_float"] == ["b/real"]


def test_fusions_of_onnx_runtime_are_not_required_of_another_runtime(quantized):
    found = inspect_kernels(quantized(Tanh()), runtime_named("onnxruntime-as-typed"))
    assert "optimized" not in found.facts
    assert judge_kernels(Thresholds(), found) == []


@pytest.fixture
def one_relu(make_graph):
    return make_graph({"x": (1, 4)}, [(Relu(), "x", "y")])


def test_integer_convolutions_are_not_required_of_float_models(one_relu, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(one_relu))
    found = inspect_kernels(path)
    assert found == Inspection({"operators": {"Relu": 1}, "transposes": 0})
    [requirement] = judge_kernels(Thresholds(max_transposes=0), found)
    assert (requirement.limit, requirement.measured, requirement.met) == ("≤ 0", "0", True)


def test_a_figure_that_a_runtime_does_not_report_does_not_meet_a_limit(one_relu, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(one_relu))
    [requirement] = judge_kernels(Thresholds(max_partitions=1), inspect_kernels(path))
    assert (requirement.measured, requirement.met) == ("not reported by the runtime", False)


def test_partitions_of_a_delegate_are_limited(one_relu, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(target("tflite-fp32").emit_model(one_relu, QuantPlan(), EmitOptions()))
    found = inspect_kernels(path)
    assert (found.facts["operators"], found.facts["partitions"]) == ({"RELU": 1}, 1)
    met = [judge_kernels(Thresholds(max_partitions=limit), found)[0].met for limit in (0, 1)]
    assert met == [False, True]


def test_a_file_that_no_runtime_runs_is_not_taken_for_onnx(one_relu, tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(write_onnx(one_relu))
    with pytest.raises(InputError, match=r"no runtime supports \.bin") as caught:
        inspect_kernels(path)
    assert caught.value.where == str(path)
    assert ".onnx or .param or .tflite" in str(caught.value.fix)


@pytest.mark.parametrize("name", ["onnxruntime", "onnxruntime-as-typed", "litert"])
def test_a_damaged_file_is_named(name, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model at all")
    with pytest.raises(InputError) as caught:
        inspect_kernels(path, runtime_named(name))
    assert caught.value.where == str(path)
