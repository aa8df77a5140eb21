from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.cuda_runner import CudaRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.onnx.session import CUDA_PROVIDER
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Relu
from edgeface.graph.types import TensorType


def _has_cuda() -> bool:
    import onnxruntime

    return bool(look_for_gpus().gpus) and CUDA_PROVIDER in onnxruntime.get_available_providers()


without_cuda = pytest.mark.skipif(_has_cuda(), reason="there is a GPU that ONNX Runtime can use")
with_cuda = pytest.mark.skipif(not _has_cuda(), reason="needs an NVIDIA GPU and onnxruntime-gpu")


@pytest.fixture
def rectifier() -> bytes:
    """A ReLU of any batch."""
    given = Value("x", TensorType((1, 3, 4, 5), "float32"))
    return write_onnx(Graph.build("rectifier", [given], ["y"], [Node(Relu(), ("x",), ("y",))], {}), any_batch=True)


@without_cuda
def test_without_a_gpu_it_says_what_is_missing(rectifier):
    with pytest.raises(InputError, match=r"no GPU can be used here|has no CUDAExecutionProvider"):
        CudaRunner(rectifier)


def test_a_missing_or_empty_file_is_refused_before_a_gpu_is_looked_for(tmp_path):
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name in ("empty.onnx", "absent.onnx"):
        with pytest.raises(InputError) as caught:
            CudaRunner(tmp_path / name)
        assert name in str(caught.value.where)


@with_cuda
def test_on_a_gpu_batches_of_any_size_equal_the_processors_results(rectifier):
    here, there = OrtRunner(rectifier), CudaRunner(rectifier)
    for batch in (1, 3, 1):
        feeds = {"x": np.random.default_rng(batch).normal(size=(batch, 3, 4, 5)).astype(np.float32)}
        assert np.array_equal(there.run(feeds)["y"], here.run(feeds)["y"])
    assert there.uncaptured == ""


@with_cuda
def test_on_a_gpu_pinned_inputs_are_used_in_place(rectifier):
    runner = CudaRunner(rectifier)
    pinned = runner.pinned({"x": (2, 3, 4, 5)})
    for value in (1.0, -2.0, 3.0):
        pinned["x"][...] = value
        assert np.all(runner.run_pinned()["y"] == max(value, 0.0))


@with_cuda
def test_on_a_gpu_a_closed_runner_refuses_to_run(rectifier):
    runner = CudaRunner(rectifier)
    runner.close()
    runner.close()
    with pytest.raises(RuntimeFailure, match="closed"):
        runner.run({"x": np.zeros((1, 3, 4, 5), np.float32)})
