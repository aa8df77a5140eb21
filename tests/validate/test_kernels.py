from __future__ import annotations

import pytest

from edgeface.backends.onnx.runtime import OrtRunner
from edgeface.backends.onnx.target import ORT
from edgeface.backends.qdq.quantized import insert_quantization
from edgeface.core.thresholds import Thresholds
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Relu, Tanh
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.scheme import ORT_U8S8
from edgeface.tasks.detection.task import TASK
from edgeface.validate.compare import Findings
from edgeface.validate.judge_model import judge_model
from edgeface.validate.kernels import judge_kernels, kernel_facts

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
    [requirement, other] = judge_kernels(Thresholds(), kernel_facts(quantized(Tanh())))
    assert other.met
    assert requirement.what == "int8 convolutions that ONNX Runtime computes in float"
    assert (requirement.limit, requirement.measured, requirement.met) == ("0", "1: b/real", False)


def test_a_model_that_is_fused_whole_meets_it(quantized):
    facts = kernel_facts(quantized(Relu()))
    assert [(found.measured, found.met) for found in judge_kernels(Thresholds(), facts)] == [("0", True)] * 2
    assert facts["optimized"]["convolutions_in_integers"] == 2
    assert facts["optimized"]["left_in_float"] == []
    assert facts["operators"]["Conv"] == 2


def test_a_verdict_names_what_the_gate_found(quantized):
    findings, kernels = judge_model(Findings({}, None, 1, "synthetic"), Thresholds(), quantized(Tanh()), TASK)
    assert [requirement.met for requirement in findings.requirements] == [False, True]
    assert not findings.passed
    assert kernels["optimized"]["left_in_float"] == ["b/real"]


def test_what_onnx_runtime_fuses_is_not_asked_for_another_runtime(quantized):
    facts = kernel_facts(quantized(Tanh()), as_typed=True)
    assert "optimized" not in facts
    assert judge_kernels(Thresholds(), facts) == []


def test_float_models_are_not_asked_for_integers(onnx_free_of_pairs):
    facts = kernel_facts(onnx_free_of_pairs)
    assert facts == {"operators": {"Relu": 1}, "transposes": 0}
    [requirement] = judge_kernels(Thresholds(max_transposes=0), facts)
    assert (requirement.limit, requirement.measured, requirement.met) == ("≤ 0", "0", True)


@pytest.fixture
def onnx_free_of_pairs(make_graph, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(make_graph({"x": (1, 4)}, [(Relu(), "x", "y")])))
    return path


def facts_of(left, unplanned):
    optimized = {"left_in_float": left, "unplanned_in_integers": unplanned}
    return {"operators": {}, "transposes": 0, "optimized": optimized}


def test_five_are_named_and_all_are_counted():
    requirement, _ = judge_kernels(Thresholds(), facts_of([f"conv{index}" for index in range(7)], 0))
    assert requirement.measured == "7: conv0, conv1, conv2, conv3, conv4"
    assert not requirement.met


def test_float_convolutions_computed_in_integers_fail_the_gate_too():
    whole, requirement = judge_kernels(Thresholds(), facts_of([], 2))
    assert whole.met
    assert requirement.what == "float convolutions that ONNX Runtime computes in integers"
    assert (requirement.limit, requirement.measured, requirement.met) == ("0", "2", False)
