"""Engines that compute in wider types than their ONNX states are found out. Every engine here is really built."""

from __future__ import annotations

import re
from dataclasses import replace

import onnx
import pytest

from edgeface.backends.tensorrt.judge_precision import LISTED, judge_precision

CONVOLUTIONS = 56


def convolutions(model):
    return {node.name for node in onnx.load_model_from_string(model).graph.node if node.op_type == "Conv"}


def typed_half(model):
    """The convolutions whose weights are float16."""
    graph = onnx.load_model_from_string(model).graph
    halves = {tensor.name for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16}
    return {node.name for node in graph.node if node.op_type == "Conv" and node.input[1] in halves}


@pytest.mark.slow
def test_an_int8_engine_that_runs_int8_is_let_pass(typed, table_of):
    table = table_of("tensorrt-int8", "86", "89")
    (requirement,) = judge_precision(typed["tensorrt-int8"], table, "8.6, 8.9")
    assert (requirement.what, requirement.limit) == ("int8 convolutions in float in the engine for 8.6, 8.9", "0")
    assert (requirement.measured, requirement.met) == ("0", True)
    assert table.counts()["Int8"] > CONVOLUTIONS / 2


def test_int8_that_the_builder_runs_in_float_is_named_with_the_reason(typed, table_of):
    # TensorRT-RTX has no int8 for Turing, and says so nowhere but in the layers that it lists.
    table = table_of("tensorrt-int8", "75")
    (requirement,) = judge_precision(typed["tensorrt-int8"], table, "7.5")
    asked = {node.node for node in table.nodes if node.expected_integer}
    assert (requirement.what, requirement.met) == ("int8 convolutions in float in the engine for 7.5", False)
    assert requirement.measured.startswith(f"{len(asked)}: ")
    named = re.findall(r"(\S+) \(the layer '[^']+' reads Float and Float\)", requirement.measured)
    assert len(named) == LISTED < len(asked)
    assert set(named) <= asked
    assert requirement.measured.endswith(" …")


def test_every_int8_convolution_is_required(typed, table_of):
    table = table_of("tensorrt-int8", "86", "89")
    for index, node in enumerate(table.nodes):
        if not node.expected_integer:
            continue
        nodes = (*table.nodes[:index], replace(node, precision="Float"), *table.nodes[index + 1 :])
        (requirement,) = judge_precision(typed["tensorrt-int8"], replace(table, nodes=nodes), "8.6")
        assert not requirement.met
        assert requirement.measured.startswith(f"1: {node.node} (")


def test_float16_that_runs_in_float16_is_let_pass(typed, table_of):
    table = table_of("tensorrt-fp16", "86", "89")
    (requirement,) = judge_precision(typed["tensorrt-fp16"], table, "8.6, 8.9")
    assert (requirement.what, requirement.measured, requirement.met) == (
        "float16 convolutions in another type in the engine for 8.6, 8.9",
        "0",
        True,
    )
    halves = typed_half(typed["tensorrt-fp16"])
    assert 0 < len(halves) < CONVOLUTIONS
    assert table.counts() == {"Float": CONVOLUTIONS - len(halves), "Half": len(halves)}


def test_float16_that_the_builder_runs_in_float32_is_named(typed, table_of):
    # The engine is that of the float32 ONNX: what a builder that does not keep to the types would make.
    model = typed["tensorrt-fp16"]
    table = table_of("tensorrt-fp32", "86", "89", judged="tensorrt-fp16")
    (requirement,) = judge_precision(model, table, "8.6, 8.9")
    assert not requirement.met
    halves = typed_half(model)
    assert requirement.measured.startswith(f"{len(halves)}: ")
    named = re.findall(r"(\S+) \(Float\)", requirement.measured)
    assert len(named) == LISTED
    assert set(named) <= halves


def test_float16_weights_that_meet_float32_data_inside_a_fused_layer_are_let_pass(typed, table_of):
    model, table = typed["tensorrt-fp16"], table_of("tensorrt-fp16", "86", "89")
    nodes = [
        replace(node, precision="Float", data=("Float",)) if node.weights == "Half" else node for node in table.nodes
    ]
    (requirement,) = judge_precision(model, replace(table, nodes=tuple(nodes)), "8.6")
    assert requirement.met


def test_a_float16_convolution_without_a_layer_is_reported(typed, table_of):
    model, table = typed["tensorrt-fp16"], table_of("tensorrt-fp16", "86", "89")
    lost = min(typed_half(model))
    nodes = [replace(node, precision="not listed") if node.node == lost else node for node in table.nodes]
    (requirement,) = judge_precision(model, replace(table, nodes=tuple(nodes)), "8.6")
    assert (requirement.met, requirement.measured) == (False, f"1: {lost} (not listed)")


@pytest.mark.parametrize("target", ["tensorrt-fp16", "tensorrt-int8"])
def test_what_is_typed_float32_may_run_in_float32(typed, table_of, target):
    table = table_of(target, "86", "89")
    kept = {node.node for node in table.nodes if node.weighted and node.precision == "Float"}
    assert kept
    assert kept < convolutions(typed[target])
    assert all(requirement.met for requirement in judge_precision(typed[target], table, "8.6, 8.9"))


def test_of_a_float32_engine_nothing_is_required(typed, table_of):
    table = table_of("tensorrt-fp32", "86", "89")
    assert table.counts() == {"Float": CONVOLUTIONS}
    assert judge_precision(typed["tensorrt-fp32"], table, "8.6, 8.9") == []
