from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from edgeface.backends.openvino.inspect import Executed, inspect_openvino, left_in_float, requirement

INSPECT = """
import json, sys
from pathlib import Path
from edgeface.backends.openvino.compiled import compile_network, read_network
from edgeface.backends.openvino.inspect import RUN_AS, executed
layers = executed(compile_network(read_network(Path(sys.argv[1])), "here"))
print(json.dumps([layer.kernel for layer in layers if layer.kind in RUN_AS]))
"""


def conv(name, precision, made_of=""):
    return Executed(name, "Convolution", precision, "brgconv", made_of or name)


def test_planned_convolutions_run_in_integers(written):
    found = inspect_openvino(written("openvino-int8"))
    assert (found.facts["convolutions_in_integers"], found.facts["left_in_float"]) == (3, [])
    assert [each.met for each in found.requirements] == [True, True]


def test_float_models_run_in_float32(written):
    found = inspect_openvino(written("openvino-fp16"))
    assert found.facts["precisions"].keys() == {"f32"}
    assert [(each.what, each.met) for each in found.requirements] == [
        ("layers that OpenVINO computes in 16 bits", True)
    ]


def test_a_convolution_that_openvino_leaves_in_float_is_named_with_its_precision(half_quantized, written):
    found = inspect_openvino(written(graph=half_quantized))
    assert found.facts["left_in_float"] == ["c (f32)"]
    wrong = found.requirements[0]
    assert (wrong.what, wrong.measured, wrong.met) == (
        "int8 convolutions that OpenVINO computes in float",
        "1: c (f32)",
        False,
    )


@pytest.mark.parametrize(
    ("layers", "left"),
    [
        ([conv("a", "u8"), conv("b", "i8")], []),
        ([conv("a", "u8"), conv("b", "f32")], ["b (f32)"]),
        ([conv("a", "u8"), conv("b", "bf16", "x,b,relu")], ["b (bf16)"]),
        ([conv("a", "u8", "a,b")], []),
        ([conv("a", "u8")], ["b (not found)"]),
        ([conv("a", "u8"), conv("bb", "u8")], ["b (not found)"]),
    ],
)
def test_layers_are_found_by_what_they_are_made_of(layers, left):
    assert left_in_float(("a", "b"), layers) == left


def test_five_are_named_and_all_are_counted():
    said = requirement([f"c{index} (f32)" for index in range(7)]).measured
    assert said == "7: c0 (f32), c1 (f32), c2 (f32), c3 (f32), c4 (f32)"


def test_so_they_do_on_a_processor_without_avx_512(written):
    """oneDNN, whose kernels OpenVINO runs, obeys a variable that is read when the library is loaded."""
    command = [sys.executable, "-c", INSPECT, str(written("openvino-int8"))]
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    kernels = json.loads(said)
    assert len(kernels) == 3
    assert all("I8" in kernel and "avx512" not in kernel for kernel in kernels), kernels
