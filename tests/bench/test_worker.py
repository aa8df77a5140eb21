from __future__ import annotations

import io
import json

import numpy as np
import pytest

from edgeface.backends.runtime import TensorSpec
from edgeface.bench.client import Worker
from edgeface.bench.worker import random_feed, serve
from edgeface.errors import InputError, RuntimeFailure


def answers_to(*requests: object) -> list[dict]:
    out = io.StringIO()
    serve(io.StringIO("".join(json.dumps(request) + "\n" for request in requests)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_worker_answers_one_line_for_each_request(write_onnx):
    loaded, ran = answers_to({"load": {"model": str(write_onnx()), "threads": 1}}, {"run": 3})
    assert loaded == {"loaded": True}
    assert len(ran["ms"]) == 3
    assert min(ran["ms"]) > 0


def test_one_process_measures_all_peaks_like_any_model():
    loaded, fp32, int8, other = answers_to(
        {"load": {"peaks": ["fp32", "int8"]}}, *({"run": 2, "of": name} for name in ("fp32", "int8", "bf16"))
    )
    assert loaded == {"loaded": True}
    assert len(fp32["ms"]) == len(int8["ms"]) == 2
    assert "nothing is loaded" in other["error"]["what"]


def test_errors_are_answers_and_leave_the_worker_serving(write_onnx):
    early, absent, loaded = answers_to(
        {"run": 1},
        {"load": {"model": "absent.onnx", "threads": 1}},
        {"load": {"model": str(write_onnx()), "threads": 1}},
    )
    assert "nothing is loaded" in early["error"]["what"]
    assert absent["error"]["where"] == "absent.onnx"
    assert loaded == {"loaded": True}


def test_a_process_times_a_model_and_ends(write_onnx):
    with Worker("a", {"model": str(write_onnx()), "threads": 2}) as worker:
        assert len(worker.run(2)) == 2
        process = worker._process
    assert process.poll() == 0


def test_a_model_that_does_not_load_is_an_error_with_its_path(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x07")
    with Worker("broken", {"model": str(broken), "threads": 1}) as worker, pytest.raises(RuntimeFailure) as caught:
        worker.run(1)
    assert caught.value.where == str(broken)


def test_a_process_that_dies_is_an_error_and_does_not_hang(write_onnx):
    worker = Worker("a", {"model": str(write_onnx()), "threads": 1})
    worker._process.kill()
    with pytest.raises(RuntimeFailure, match="ended with code -9"):
        worker.run(1)
    worker.close()


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8", "uint8", "int64", "bool"])
def test_feeds_are_seeded_and_have_the_input_s_dtype(dtype):
    spec = TensorSpec("x", (-1, 3), dtype)
    one, two = (random_feed(spec, np.random.default_rng(0)) for _ in range(2))
    assert (one.shape, one.dtype.name) == ((1, 3), dtype)
    np.testing.assert_array_equal(one, two)


def test_a_model_without_a_fixed_size_is_refused():
    with pytest.raises(InputError, match="no fixed size"):
        random_feed(TensorSpec("x", (1, 3, -1, -1), "float32"), np.random.default_rng(0))
