"""Find a CUDA runtime that the driver supports."""

from __future__ import annotations

from edgeface.backends.tensorrt.cuda.bindings import open_bindings
from edgeface.backends.tensorrt.cuda.libcudart import open_libcudart
from edgeface.backends.tensorrt.cuda.runtime import Caller, CudaRuntime
from edgeface.errors import InputError


def open_cuda_runtime(driver_major: int) -> CudaRuntime:
    """The CUDA runtime: that of cuda-python, else a libcudart of a package or the system.

    Args:
        driver_major: the newest major version of CUDA that the driver supports.

    Raises:
        InputError: no installed runtime is supported by the driver.
    """
    call: Caller | None = open_bindings(driver_major) or open_libcudart(driver_major)
    if call is None:
        raise InputError(
            f"no CUDA runtime for a driver of CUDA {driver_major} is installed",
            where="--on gpu",
            fix=f"pip install 'cuda-bindings<{driver_major + 1}'",
        )
    return CudaRuntime(call)
