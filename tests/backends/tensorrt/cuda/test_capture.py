from __future__ import annotations

import pytest

from edgeface.backends.tensorrt.cuda.buffer import Buffer
from edgeface.backends.tensorrt.cuda.capture import capture
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.cuda.libcudart import open_libcudart
from edgeface.backends.tensorrt.cuda.runtime import CudaFailure, CudaRuntime

pytestmark = pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU")


@pytest.fixture
def cuda():
    found = open_libcudart(99)
    if found is None:
        pytest.skip("no libcudart is installed: pip install 'edgeface[tensorrt]'")
    return CudaRuntime(found)


def test_what_cannot_be_captured_gives_no_graph_and_the_reason(cuda):
    ran = []
    assert capture(cuda, 0, lambda: ran.append(1)) == (
        None,
        "cudaStreamBeginCapture failed: cudaErrorInsufficientDriver (35)",
    )
    assert ran == []


def test_missing_memory_is_a_failure_with_the_call(cuda):
    with pytest.raises(CudaFailure, match="cudaMalloc"):
        Buffer(cuda, (1, 3), "float32")
