"""The CUDA driver and the GPUs that it offers, asked through its own library."""

from __future__ import annotations

import ctypes
import functools
import sys
from dataclasses import dataclass
from typing import Any

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_SUCCESS = 0
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of the CUDA driver API


@dataclass(frozen=True)
class Gpu:
    """One GPU: its name, and its compute capability as two or three digits without a point, e.g. "86"."""

    name: str
    compute_capability: str


@dataclass(frozen=True)
class Driver:
    """A CUDA driver: the newest CUDA that it serves, e.g. "13.0", and its GPUs in the order of their numbers."""

    cuda_version: str
    gpus: tuple[Gpu, ...]


@functools.cache
def cuda_driver() -> Driver | None:
    """The CUDA driver of this machine, or None where none is installed or none answers."""
    try:
        library = ctypes.CDLL(_DRIVER)
        if library.cuInit(0) != _SUCCESS:
            return None
        version = ctypes.c_int()
        _check(library.cuDriverGetVersion(ctypes.byref(version)))
        count = ctypes.c_int()
        _check(library.cuDeviceGetCount(ctypes.byref(count)))
        gpus = tuple(_gpu(library, index) for index in range(count.value))
    except (OSError, AttributeError):
        return None
    return Driver(f"{version.value // 1000}.{version.value % 1000 // 10}", gpus)


def _gpu(library: Any, index: int) -> Gpu:
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    _check(library.cuDeviceGet(ctypes.byref(device), index))
    _check(library.cuDeviceGetName(name, len(name), device))
    digits = []
    for attribute in (_MAJOR, _MINOR):
        value = ctypes.c_int()
        _check(library.cuDeviceGetAttribute(ctypes.byref(value), attribute, device))
        digits.append(value.value)
    return Gpu(name.value.decode("utf-8", "replace"), f"{digits[0]}{digits[1]}")


def _check(status: int) -> None:
    if status != _SUCCESS:
        raise OSError(f"the CUDA driver answers with error {status}")
