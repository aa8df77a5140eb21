from __future__ import annotations

import pytest

from edgeface.backends.open import open_runner
from edgeface.errors import InputError


def test_the_suffix_chooses_the_runtime(onnx_file, tflite_chain, tmp_path):
    tflite = tmp_path / "model.tflite"
    tflite.write_bytes(tflite_chain())
    assert type(open_runner(onnx_file)).__name__ == "OrtRunner"
    assert type(open_runner(tflite, threads=2)).__name__ == "LiteRtRunner"


def test_what_no_runtime_runs_is_refused(tmp_path, onnx_file):
    with pytest.raises(InputError, match=r"\.pth"):
        open_runner(tmp_path / "weights.pth")
    with pytest.raises(InputError, match="threads"):
        open_runner(onnx_file, threads=0)
    with pytest.raises(InputError, match=r"manifest\.json"):
        open_runner(tmp_path)
