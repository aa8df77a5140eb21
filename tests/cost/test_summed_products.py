"""Convolutions that are written as multiplications and sums are found, and the verdict's notes say what they hide."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import onnx
import pytest

from edgeface.budgets.check import check
from edgeface.budgets.formats import FORMATS
from edgeface.cli import main
from edgeface.cost.counter import count
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.cost.readers.tflite_network import read_tflite

X = (1, 4, 8, 8)
TWO, THREE = dict.fromkeys("ab", (4, 1, 1)), dict.fromkeys("abc", (4, 1, 1))


def products(model):
    return count(read_onnx_network(model.SerializeToString(), "model")).summed_products


def ints(*numbers):
    return np.array(numbers, np.int64)


@pytest.mark.parametrize(
    ("lines", "constants", "expected"),
    [
        (["Unsqueeze x at -> u", "Mul u w -> m", "ReduceSum m axes -> y"], {"w": (1, 6, 4, 1, 1)}, 6 * 4 * 64),
        (["Unsqueeze x at -> u", "Mul w u -> m", "ReduceMean m -> y"], {"w": (1, 6, 4, 1, 1)}, 6 * 4 * 64),
        (["Unsqueeze x at -> u", "Div u w -> m", "ReduceSum m axes -> y"], {"w": (1, 6, 4, 1, 1)}, 6 * 4 * 64),
        (["Mul x w -> m", "Transpose m -> t", "Reshape t s -> r", "ReduceSum r axes -> y"], {"w": (4, 1, 1)}, 256),
        (["Mul x w -> m", "GlobalAveragePool m -> y"], {"w": (8, 8)}, 256),
        (["Mul x a -> i", "Mul x b -> j", "Mul x c -> k", "Add i j -> p", "Add p k -> y"], THREE, 768),
        (["Mul x a -> i", "Mul x b -> j", "Mul x c -> k", "Sum i j k -> y"], THREE, 768),
        (["Mul x a -> i", "Mul x b -> j", "Concat i j -> k", "ReduceSum k axes -> y"], TWO, 512),
    ],
)  # fmt: skip
def test_products_that_are_summed_are_found(build_onnx, node, lines, constants, expected):
    options = {"ReduceMean": {"axes": [2]}, "Concat": {"axis": 1}}
    nodes = [node(line, **options.get(line.split()[0], {})) for line in lines]
    model = build_onnx(*nodes, x=X, at=ints(1), axes=ints(2), s=ints(1, -1, 8), **constants)
    assert products(model) == expected
    assert count(read_onnx_network(model.SerializeToString(), "model")).lfr_flops == 0


@pytest.mark.parametrize(
    ("lines", "constants"),
    [
        (["Mul x w -> m", "Add m b -> y"], {"w": (4, 1, 1), "b": (4, 1, 1)}),  # batch norm
        (["Conv x k -> c", "Mul c w -> m", "GlobalAveragePool m -> y"], {"k": (4, 4, 1, 1), "w": (4, 1, 1)}),
        (["Relu x -> r", "Mul x a -> i", "Mul r b -> j", "Sub i j -> y"], {"a": (4, 1, 1), "b": (4, 1, 1)}),  # PReLU
        (["Mul x w -> m", "Relu m -> r", "GlobalAveragePool r -> y"], {"w": (4, 1, 1)}),
        (["Mul x w -> m", "ReduceSum m axes -> y"], {"w": (1,)}),  # a number in a formula
        (["Mul x x -> m", "ReduceSum m axes -> y"], {}),
        (["Mul x w -> m", "ReduceMax m -> y"], {"w": (4, 1, 1)}),
    ],
)
def test_ordinary_products_are_not(build_onnx, lines, constants):
    assert products(build_onnx(*lines, x=X, axes=ints(2), **constants)) == 0


def test_batch_norms_as_products_in_a_chain_of_sums_are_no_convolution(build_onnx):
    lines, read = [], "x"
    for at in range(5):
        lines += [
            f"Conv {read} k -> c{at}",
            f"Mul c{at} w -> m{at}",
            f"Add m{at} b -> n{at}",
            f"Add {read} n{at} -> s{at}",
        ]
        read = f"s{at}"
    model = build_onnx(*lines, x=X, k=(4, 4, 1, 1), w=(4, 1, 1), b=(4, 1, 1), outputs=read)
    assert products(model) == 0


def test_they_are_found_in_tflite_too(sketch):
    x = sketch.input(1, 8, 8, 1, 4)
    made = sketch.op("MUL", [x, sketch.ones(6, 4)], (1, 8, 8, 6, 4))
    axes = sketch.const(np.array([4], np.int32))
    assert count(read_tflite(sketch.save(sketch.op("SUM", [made, axes], (1, 8, 8, 6))))).summed_products == 64 * 24


def test_the_notes_name_the_budget_that_they_would_exceed(build_onnx, tmp_path):
    model = build_onnx(
        "Unsqueeze x at -> u", "Mul u w -> m", "ReduceSum m axes -> y",
        x=(1, 64, 480, 640), at=ints(1), axes=ints(2), w=(1, 64, 64, 1, 1),
    )  # fmt: skip
    onnx.save(model, tmp_path / "model.onnx")
    found = check(tmp_path / "model.onnx", "lfr-light").document()
    assert found["summed_products_macs"] == 64 * 64 * 480 * 640
    assert any("1,258,291,200 multiplications by trained numbers are summed" in note for note in found["notes"])
    assert any("more than lfr-light's 1,000,000,000" in note for note in found["notes"])
    (verdict,) = found["verdicts"]
    assert set(verdict["cautions"]) <= set(found["notes"])
    assert any("more than lfr-light's 1,000,000,000" in line for line in verdict["cautions"])


def test_weights_that_pass_as_computed_are_cautioned_against(build_onnx, tmp_path):
    """A product with weights that depend on the image in name only counts no FLOPs by the challenge's rules."""
    lines = ["ReduceMax x -> m", "Mul m zero -> z", "Add w z -> v", "Transpose x -> t", "MatMul t v -> y"]
    model = build_onnx(*lines, x=(1, 1000, 1024), zero=np.float32(0), w=(1000, 1000))
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("keepdims", 0))
    model.graph.node[3].attribute.append(onnx.helper.make_attribute("perm", [0, 2, 1]))
    onnx.save(model, tmp_path / "model.onnx")
    (verdict,) = check(tmp_path / "model.onnx", "lfr-light").document()["verdicts"]
    assert verdict["cautions"] == [
        "1,024,000,000 MACs are products of two computed tensors, which the challenge does not count",
        "counted as layers they would make 2,048,000,000 FLOPs in all, more than lfr-light's 1,000,000,000: "
        "the network is within that budget only by the wording of its rules",
    ]


def hidden(build_onnx, path):
    onnx.save(build_onnx("Mul x w -> m", "ReduceSum m axes -> y", x=X, axes=ints(1), w=(4, 8, 8)), path)
    return path


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_a_verdict_has_its_cautions(build_onnx, tmp_path, form):
    checked = check(hidden(build_onnx, tmp_path / "model.onnx"), "lfr-light")
    assert "256 multiplications by trained numbers are summed" in FORMATS[form]([checked])


def test_the_terminal_shows_a_caution_once_beside_its_verdict(build_onnx, tmp_path, capsys):
    with suppress(SystemExit):
        main(["check", str(hidden(build_onnx, tmp_path / "model.onnx")), "--budget", "lfr-light"])
    shown = capsys.readouterr().out
    assert shown.count("  caution: 256 multiplications") == 1
    assert shown.count("256 multiplications") == 1
