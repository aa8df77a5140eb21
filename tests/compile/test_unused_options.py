"""Options that no target of an export can use are refused, by what targets say of themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgeface.backends import target as target_named
from edgeface.backends import targets
from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.backends.tensorrt.request import BatchProfile
from edgeface.compile.repair.options import RepairOptions
from edgeface.compile.request import ExportRequest
from edgeface.compile.unused_options import refuse_unused
from edgeface.core import progress
from edgeface.errors import InputError

GIVEN = {
    "--io": {"io": "int8"},
    "--integer-only": {"integer_only": True},
    "--statistics": {"statistics": Path("a.npz")},
    "--save-statistics": {"save_statistics": Path("a.npz")},
    "--device": {"device": "rk3399"},
    "--winograd": {"winograd": True},
    "--effort": {"repair": RepairOptions("max")},
    "--max-slowdown": {"repair": RepairOptions(max_slowdown=0.0)},
    "--batch": {"engines": EngineOptions(batch=BatchProfile(1, 8, 64))},
    "--compute-capability": {"engines": EngineOptions(("86",))},
    "--allow-slower": {"engines": EngineOptions(allow_slower=True)},
}
QUANTIZED = {"--integer-only", "--statistics", "--save-statistics", "--effort", "--max-slowdown"}
USES = {
    "tflite-int8": {"--io", "--device", "--winograd", *QUANTIZED},
    "onnx-int8": QUANTIZED,
    "tensorrt-fp16": {"--batch", "--compute-capability"},
    "tensorrt-int8": set(GIVEN) - {"--io", "--device", "--winograd"},
}


def refused(request, *names):
    try:
        refuse_unused(request, [target_named(name) for name in names])
    except InputError as error:
        return error
    return None


def test_every_option_is_some_targets():
    assert set().union(*(each.options for each in targets().values())) == set(GIVEN)


@pytest.mark.parametrize("option", GIVEN)
@pytest.mark.parametrize("name", sorted(targets()))
def test_an_option_is_refused_for_a_target_that_cannot_use_it(name, option):
    error = refused(ExportRequest(**GIVEN[option]), name)
    assert (error is None) == (option in targets()[name].options)
    if name in USES:
        assert (error is None) == (option in USES[name])
    if error is not None:
        assert error.where == option
        assert name in error.what
        assert any(each in error.fix for each in targets() if option in targets()[each].options)


def test_one_target_that_uses_it_is_enough_and_a_note_names_the_others(capsys):
    progress.show()
    try:
        assert refused(ExportRequest(io="int8"), "tflite-int8", "onnx-int8", "onnx-fp32") is None
    finally:
        progress.show(False)
    assert "onnx-int8, onnx-fp32: --io int8 is not used, only by tflite-int8" in capsys.readouterr().err


def test_defaults_are_no_options():
    assert all(refused(ExportRequest(), name) is None for name in targets())


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"label_images": Path("a")}, "--label-images"),
        ({"pair_images": Path("a")}, "--pair-images"),
        ({"seed": 1, "weights": Path("a.pth")}, None),
    ],
)
def test_an_option_that_means_nothing_alone_is_refused(given, where):
    error = refused(ExportRequest(**given), "tflite-int8")
    assert error is not None
    assert error.where == where
    complete = replace(ExportRequest(**given), labels=Path("b"), pairs=Path("c"), seed=None)
    assert refused(complete, "tflite-int8") is None
