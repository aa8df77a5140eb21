from __future__ import annotations

import pytest

from edgeface.backends import runtime_for, suffixes
from edgeface.backends.device import GPU
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.onnx.session import CUDA_PROVIDER
from edgeface.backends.open import open_runner
from edgeface.backends.tensorrt.cuda import driver
from edgeface.backends.tensorrt.cuda.driver import Gpu, look_for_gpus
from edgeface.core.artifact import write_json
from edgeface.errors import InputError, RuntimeFailure

without_gpu = pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU")


@without_gpu
def test_without_a_gpu_nothing_is_opened_and_the_doctor_is_named(onnx_file, tmp_path):
    engine = tmp_path / "model.sm86.engine"
    engine.write_bytes(b"x")
    for model in (onnx_file, engine):
        with pytest.raises(InputError, match="no GPU can be used here") as caught:
            open_runner(model, on=GPU)
        assert "edgeface doctor" in str(caught.value.fix)


def test_what_has_no_runtime_on_a_gpu_is_refused(tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no runtime supports \.tflite on a GPU") as caught:
        open_runner(tmp_path / "model.tflite", on=GPU)
    assert "tensorrt-fp16" in str(caught.value.fix)
    assert ".engine or .onnx" in str(caught.value.fix)


def test_engines_are_for_gpus_only():
    assert suffixes("gpu") == (".engine", ".onnx")
    assert ".engine" not in suffixes()


@pytest.mark.parametrize(
    ("beside", "runtime"),
    [
        ({}, "onnxruntime-cuda"),
        ({"manifest.json": {"target": "onnx-fp16"}}, "onnxruntime-cuda"),
        ({"manifest.json": {"target": "tensorrt-fp16"}}, "tensorrt"),
        ({"engines.json": {}}, "tensorrt"),
    ],
)
def test_an_onnx_file_next_to_engines_runs_as_an_engine_on_a_gpu(onnx_file, beside, runtime):
    for name, document in beside.items():
        write_json(onnx_file.parent / name, document)
    assert runtime_for(onnx_file, "gpu").name == runtime
    assert runtime_for(onnx_file).name == "onnxruntime"


@pytest.mark.skipif(
    CUDA_PROVIDER in pytest.importorskip("onnxruntime").get_available_providers(), reason="ONNX Runtime has CUDA"
)
def test_an_onnx_file_needs_an_onnx_runtime_with_cuda(onnx_file, monkeypatch):
    monkeypatch.setattr(driver, "usable_gpu", lambda: (Gpu("A card", "86", 1 << 30), (13, 0)))
    with pytest.raises(InputError, match="has no CUDAExecutionProvider") as caught:
        open_runner(onnx_file, on=GPU)
    assert "onnxruntime-gpu" in str(caught.value.fix)


def test_a_provider_that_does_not_start_is_an_error(monkeypatch, onnx_file):
    import onnxruntime as ort

    there = [*ort.get_available_providers(), CUDA_PROVIDER]
    monkeypatch.setattr(ort, "get_available_providers", lambda: there)
    with (
        pytest.warns(UserWarning, match="CUDAExecutionProvider"),
        pytest.raises(RuntimeFailure, match="does not start"),
    ):
        OrtRunner(onnx_file, provider=CUDA_PROVIDER)
