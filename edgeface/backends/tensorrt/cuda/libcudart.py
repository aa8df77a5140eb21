"""CUDA's runtime through libcudart.

It may come with TensorRT-RTX's package for ONNX Runtime, with NVIDIA's packages for torch, or with the system.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edgeface.backends.tensorrt.cuda.runtime import CudaFailure

_ADDRESS, _HANDLE, _SIZE, _FLAGS = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint
# Whether the first argument is the address of a result, and the types of the inputs in order.
_FUNCTIONS: dict[str, tuple[bool, tuple[Any, ...]]] = {
    "cudaMalloc": (True, (_SIZE,)),
    "cudaFree": (False, (_ADDRESS,)),
    "cudaHostAlloc": (True, (_SIZE, _FLAGS)),
    "cudaFreeHost": (False, (_ADDRESS,)),
    "cudaMemcpyAsync": (False, (_ADDRESS, _ADDRESS, _SIZE, ctypes.c_int, _HANDLE)),
    "cudaStreamCreateWithFlags": (True, (_FLAGS,)),
    "cudaStreamDestroy": (False, (_HANDLE,)),
    "cudaStreamSynchronize": (False, (_HANDLE,)),
    "cudaStreamBeginCapture": (False, (_HANDLE, ctypes.c_int)),
    "cudaStreamEndCapture": (False, (_HANDLE, ctypes.POINTER(ctypes.c_void_p))),
    "cudaGraphInstantiateWithFlags": (True, (_HANDLE, ctypes.c_ulonglong)),
    "cudaGraphDestroy": (False, (_HANDLE,)),
    "cudaGraphLaunch": (False, (_HANDLE, _HANDLE)),
    "cudaGraphExecDestroy": (False, (_HANDLE,)),
}
_WRITES_LAST = "cudaStreamEndCapture"
_SYSTEM = ("libcudart.so.13", "libcudart.so.12", "libcudart.so")
_PACKAGES = ("onnxruntime_ep_nv_tensorrt_rtx", "nvidia")


class Libcudart:
    """Caller for functions of a loaded libcudart.

    Args:
        library: the library, loaded with ctypes.
        name: its file name, for `origin`.
    """

    def __init__(self, library: ctypes.CDLL, name: str) -> None:
        self._library = library
        version = version_of(library)
        self.origin = f"{name}, CUDA {version // 1000}.{version % 1000 // 10}"
        library.cudaGetErrorName.restype = ctypes.c_char_p
        for function, (writes, types) in _FUNCTIONS.items():
            first = (ctypes.POINTER(ctypes.c_void_p),) if writes else ()
            getattr(library, function).argtypes = (*first, *types)

    def __call__(self, name: str, *arguments: int) -> int:
        """See `Caller`."""
        written = ctypes.c_void_p()
        given: tuple[Any, ...] = arguments
        if _FUNCTIONS[name][0]:
            given = (ctypes.byref(written), *arguments)
        elif name == _WRITES_LAST:
            given = (*arguments, ctypes.byref(written))
        status = int(getattr(self._library, name)(*given))
        if status:
            self._library.cudaGetLastError()  # clears the error, which TensorRT would otherwise mistake for its own
            raise CudaFailure(name, status, self._library.cudaGetErrorName(status).decode())
        return written.value or 0


def open_libcudart(driver_major: int) -> Libcudart | None:
    """The first libcudart that the driver supports, or None."""
    for path in candidates():
        try:
            library = ctypes.CDLL(path)
            served = 0 < version_of(library) // 1000 <= driver_major
        except (OSError, AttributeError):  # missing, or not a libcudart
            continue
        if served:
            return Libcudart(library, Path(path).name)
    return None


def candidates() -> Iterator[str]:
    """Paths of libcudart in packages, then names for the system's loader."""
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in [] if spec is None else list(spec.submodule_search_locations or ()):
            yield from map(str, sorted(Path(folder).glob("libcudart.so.*")))
            yield from map(str, sorted(Path(folder).glob("*/lib/libcudart.so.*")))
    yield from _SYSTEM


def version_of(library: ctypes.CDLL) -> int:
    """The library's CUDA version, e.g. 13040; 0 if unknown."""
    version = ctypes.c_int()
    return 0 if library.cudaRuntimeGetVersion(ctypes.byref(version)) else version.value
