"""Find a CUDA runtime that the driver serves."""

from __future__ import annotations

from edgeface.backends.tensorrt.cuda.bindings import open_bindings
from edgeface.backends.tensorrt.cuda.libcudart import open_libcudart
from edgeface.backends.tensorrt.cuda.runtime import Caller, CudaRuntime
from edgeface.errors import InputError


def open_cuda_runtime(driver_major: int) -> CudaRuntime:
    """The runtime that is here: cuda-python's, else a libcudart that some package or the system brings.

    Args:
        driver_major: the newest major version of CUDA that the driver serves.

    Raises:
        InputError: there is none that the driver serves.
    """
    call: Caller | None = open_bindings(driver_major) or open_libcudart(driver_major)
    if call is None:
        raise InputError(
            f"no CUDA runtime that a driver for CUDA {driver_major} serves is installed",
            where="--on gpu",
            fix=f"pip install 'cuda-bindings<{driver_major + 1}'",
        )
    return CudaRuntime(call)
