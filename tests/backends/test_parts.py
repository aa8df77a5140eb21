"""A model taken apart: its operators one after another make what the whole makes."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import runtime_for, runtimes, target
from edgeface.backends.target import EmitOptions

PLAIN = {"tflite-fp32", "onnx-fp32"}


@pytest.fixture
def write(network, plan_of, tmp_path):
    """The path of the network as a target's model file."""

    def emit(name):
        chosen = target(name)
        plan = chosen.float_plan() if chosen.scheme is None else plan_of(network, chosen.scheme)
        for file, content in chosen.emit(network, plan, EmitOptions()).items():
            (tmp_path / file).write_bytes(content)
        return tmp_path / chosen.model_file

    return emit


def opened(model):
    return runtime_for(model).open(model, 1)


def run_in_parts(model, groups, values, folder):
    """All values that parts make, each from what those before it made, by their names in the file."""
    parts = runtime_for(model).parts(model)
    for number, group in enumerate(groups(parts)):
        ((suffix, content),) = parts.model(group).items()
        path = folder / f"part{number}{suffix}"
        path.write_bytes(content)
        runner = opened(path)
        values |= runner.run({spec.name: values[spec.name] for spec in runner.inputs})
    return values


def singly(parts):
    return [[index] for index in range(len(parts.operations))]


def by_half(parts):
    half = len(parts.operations) // 2
    return [range(half), range(half, len(parts.operations))]


@pytest.mark.parametrize("groups", [singly, by_half])
@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8", "onnx-fp32", "onnx-int8"])
def test_parts_make_what_the_whole_makes(write, name, groups, normal, tmp_path):
    model = write(name)
    whole = opened(model)
    (spec,) = whole.inputs
    feeds = {spec.name: normal(*spec.shape).astype(spec.dtype)}
    made = run_in_parts(model, groups, dict(feeds), tmp_path)
    for output, expected in whole.run(feeds).items():
        found = made.get(f"{output}/dequantized", made.get(output))  # a TFLite file outputs float32
        np.testing.assert_allclose(found, expected, atol=1e-5 if name in PLAIN else 0.1)


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8", "onnx-fp32", "onnx-int8"])
def test_operations_name_what_they_make(write, name):
    found = runtime_for(write(name)).parts(write(name)).operations
    named = [each.name for each in found]
    assert [each for each in named if each in {"y", "d"}] or "y" in named[-1]
    assert len(set(named)) == len(named)
    assert all(each.operator for each in found)


def test_operators_that_cost_the_same_are_alike_and_others_are_not(write):
    """The network's convolutions differ in channels, groups or strides."""
    found = runtime_for(write("onnx-fp32")).parts(write("onnx-fp32")).operations
    assert len({each.alike for each in found}) == len(found)


def test_a_runtime_without_parts_has_none():
    assert runtimes()["onnxruntime-as-typed"].parts is None
