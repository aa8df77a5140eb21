"""NVIDIA GPUs as reported by the driver's library; needs no package or program."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgeface.errors import InputError

LIBRARY = "libcuda.so.1"
KERNEL_MODULE = Path("/proc/driver/nvidia/version")
_SUCCESS, _NO_DEVICE = 0, 100
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76
_NAME_BYTES = 256


@dataclass(frozen=True)
class Gpu:
    """A GPU. `compute_capability` has no point, as in sm_86: "86"; memory is in bytes."""

    name: str
    compute_capability: str
    memory_bytes: int


@dataclass(frozen=True)
class Driver:
    """Result of a driver query.

    `cuda_version` is the newest CUDA that the driver supports, as (major, minor); None without a driver. `problem` is
    the reason why no GPU can be used, else empty.
    """

    cuda_version: tuple[int, int] | None
    gpus: tuple[Gpu, ...]
    problem: str = ""


def look_for_gpus(library: str = LIBRARY) -> Driver:
    """The driver and its GPUs; never raises.

    Args:
        library: name or path of the driver's library.
    """
    try:
        cuda = ctypes.CDLL(library)
    except OSError:
        return Driver(None, (), _without_library(library))
    try:
        return _ask(cuda)
    except AttributeError as error:  # the library lacks a function
        return Driver(None, (), f"{library} is not a usable driver library: {error}")


def usable_gpu() -> tuple[Gpu, tuple[int, int]]:
    """The first GPU, which is used, and the newest CUDA that its driver supports, as (major, minor).

    Raises:
        InputError: there is no usable GPU.
    """
    found = look_for_gpus()
    if not found.gpus or found.cuda_version is None:
        raise InputError(
            f"no GPU can be used here: {found.problem}",
            where="--on gpu",
            fix="see `edgeface doctor`; leave out --on gpu to run on the processor",
        )
    return found.gpus[0], found.cuda_version


def with_point(compute_capability: str) -> str:
    """The compute capability "86" as "8.6"."""
    return f"{compute_capability[:-1]}.{compute_capability[-1]}"


def _without_library(library: str) -> str:
    if KERNEL_MODULE.exists():
        return f"the NVIDIA kernel module is loaded, but {library} is not found (a container started without its GPUs?)"
    return f"no NVIDIA driver is installed ({library} is not found)"


def _ask(cuda: ctypes.CDLL) -> Driver:
    status = int(cuda.cuInit(0))
    if status not in {_SUCCESS, _NO_DEVICE}:
        return Driver(None, (), f"the NVIDIA driver does not start: {_error_name(cuda, status)}")
    version = _integer(cuda.cuDriverGetVersion) or 0
    served = (version // 1000, version % 1000 // 10)
    count = 0 if status == _NO_DEVICE else _integer(cuda.cuDeviceGetCount) or 0
    gpus = tuple(_gpu(cuda, index) for index in range(count))
    return Driver(
        served, gpus, "" if gpus else "the NVIDIA driver is installed, but shows no GPU (CUDA_VISIBLE_DEVICES?)"
    )


def _gpu(cuda: ctypes.CDLL, index: int) -> Gpu:
    device = ctypes.c_int()
    cuda.cuDeviceGet(ctypes.byref(device), index)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    cuda.cuDeviceGetName(name, _NAME_BYTES, device)
    memory = ctypes.c_size_t()
    cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    major, minor = (
        _integer(lambda value, kind=kind: cuda.cuDeviceGetAttribute(value, kind, device)) or 0
        for kind in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)
    )
    return Gpu(name.value.decode("utf-8", "replace"), f"{major}{minor}", memory.value)


def _integer(ask: Callable[..., int]) -> int | None:
    """The integer result of a driver function; None if it fails."""
    value = ctypes.c_int()
    return value.value if ask(ctypes.byref(value)) == _SUCCESS else None


def _error_name(cuda: ctypes.CDLL, status: int) -> str:
    text = ctypes.c_char_p()
    cuda.cuGetErrorName(status, ctypes.byref(text))
    return f"error {status}" if text.value is None else text.value.decode()
