"""CUDA's own library, called: without a driver its functions answer with a status, which is what is tested here."""

from __future__ import annotations

import pytest

from edgeface.backends.tensorrt.cuda import libcudart
from edgeface.backends.tensorrt.cuda.bindings import open_bindings
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.cuda.libcudart import candidates, open_libcudart
from edgeface.backends.tensorrt.cuda.open_runtime import open_cuda_runtime
from edgeface.backends.tensorrt.cuda.runtime import OUT_OF_MEMORY, CudaFailure, CudaRuntime
from edgeface.errors import InputError, RuntimeFailure

NEWEST = 99
CALLS = {
    "allocate": (8,),
    "allocate_pinned": (8,),
    "copy_in": (8, 8, 8, 0),
    "copy_out": (8, 8, 8, 0),
    "create_stream": (),
    "synchronize": (0,),
    "begin_capture": (0,),
    "end_capture": (0,),
    "instantiate": (0,),
    "launch": (0, 0),
    "destroy_executable": (0,),
    "destroy_stream": (0,),
    "free": (8,),
    "free_pinned": (8,),
}


@pytest.fixture(params=[open_bindings, open_libcudart], ids=["cuda-python", "libcudart"])
def caller(request):
    found = request.param(NEWEST)
    if found is None:
        pytest.skip("not installed: pip install 'edgeface[tensorrt]' brings libcudart, cuda-bindings is cuda-python")
    return found


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.skipif(bool(look_for_gpus().gpus), reason="with a GPU these calls would do something")
def test_without_a_driver_every_call_fails_by_name(caller, name):
    with pytest.raises(CudaFailure, match=r"cuda\w+ failed: cudaErrorInsufficientDriver \(35\)") as caught:
        getattr(CudaRuntime(caller), name)(*CALLS[name])
    assert caught.value.code == 35
    assert "edgeface doctor" in str(caught.value.fix)


def test_the_runtime_has_an_origin(caller):
    assert "CUDA 1" in CudaRuntime(caller).origin


def test_every_call_of_the_interface_is_tried():
    methods = {name for name in vars(CudaRuntime) if not name.startswith("_")}
    assert methods == set(CALLS)


def test_a_full_gpu_is_a_failure_with_what_helps():
    failure = CudaFailure("cudaMalloc", OUT_OF_MEMORY, "cudaErrorMemoryAllocation")
    assert isinstance(failure, RuntimeFailure)
    assert "out of memory" in failure.what
    assert "smaller batch" in str(failure.fix)


def test_a_runtime_newer_than_the_driver_is_refused():
    with pytest.raises(InputError, match="a driver of CUDA 7") as caught:
        open_cuda_runtime(7)
    assert caught.value.fix == "pip install 'cuda-bindings<8'"


def test_files_that_are_not_a_cuda_runtime_are_skipped(monkeypatch):
    monkeypatch.setattr(libcudart, "candidates", lambda: iter(["libm.so.6", "libabsent.so.1"]))
    assert open_libcudart(NEWEST) is None


def test_packages_are_looked_into_before_the_system():
    found = list(candidates())
    assert found[-3:] == ["libcudart.so.13", "libcudart.so.12", "libcudart.so"]
