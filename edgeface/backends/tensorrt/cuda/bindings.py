"""CUDA's runtime through cuda-python (`cuda.bindings.runtime`)."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from edgeface.backends.tensorrt.cuda.runtime import CudaFailure

MODULE = "cuda.bindings.runtime"
# Some functions take enumeration members instead of integers: argument index and enumeration by function.
_ENUMERATED = {"cudaMemcpyAsync": (3, "cudaMemcpyKind"), "cudaStreamBeginCapture": (1, "cudaStreamCaptureMode")}
# The C function with the stable signature has another name in cuda-python.
_NAMES = {"cudaGraphInstantiateWithFlags": "cudaGraphInstantiate"}


class CudaPython:
    """Caller for cuda-python, whose functions return a status and then their results.

    Args:
        module: `cuda.bindings.runtime`.
    """

    def __init__(self, module: Any) -> None:
        self._cuda = module
        version = version_of(module)
        self.origin = f"cuda-python for CUDA {version // 1000}.{version % 1000 // 10}"

    def __call__(self, name: str, *arguments: int) -> int:
        """See `Caller`."""
        given: list[Any] = list(arguments)
        if name in _ENUMERATED:
            index, kind = _ENUMERATED[name]
            given[index] = getattr(self._cuda, kind)(arguments[index])
        status, *results = getattr(self._cuda, _NAMES.get(name, name))(*given)
        if int(status):
            self._cuda.cudaGetLastError()  # clears the error, which TensorRT would otherwise mistake for its own
            raise CudaFailure(name, int(status), status.name)
        return int(results[0]) if results else 0


def open_bindings(driver_major: int) -> CudaPython | None:
    """cuda-python, or None where it is not installed, cannot be loaded, or is newer than the driver."""
    try:
        if find_spec(MODULE) is None:
            return None
        module = importlib.import_module(MODULE)
    except (ImportError, RuntimeError, OSError):  # a package is missing, or native parts do not load
        return None
    return CudaPython(module) if 0 < version_of(module) // 1000 <= driver_major else None


def version_of(module: Any) -> int:
    """The module's CUDA version, e.g. 13040; 0 if unknown."""
    status, version = module.cudaRuntimeGetVersion()
    return 0 if int(status) else int(version)
