"""NVIDIA's driver, its GPUs, and the CUDA runtime."""

from __future__ import annotations

from edgeface.backends.tensorrt.cuda.driver import Gpu, look_for_gpus, with_point
from edgeface.backends.tensorrt.cuda.libcudart import open_libcudart
from edgeface.doctor.check import Check
from edgeface.doctor.packages import installed

TITLE = "GPU"
RANK = 50
BINDINGS = "cuda-bindings"
ANY_MAJOR = 99


def look() -> tuple[Check, ...]:
    """Driver and GPUs, as the driver's library reports them, and the CUDA runtime."""
    driver = look_for_gpus()
    if driver.cuda_version is None:
        found = f"{driver.problem}: artifacts run on the processor only"
        return Check("NVIDIA driver", "missing", found), _runtime(ANY_MAJOR)
    major, minor = driver.cuda_version
    gpus = tuple(Check(f"GPU {index}", "ok", describe(gpu)) for index, gpu in enumerate(driver.gpus))
    none = (Check("GPU", "missing", driver.problem),)
    return Check("NVIDIA driver", "ok", f"serves CUDA {major}.{minor}"), *(gpus or none), _runtime(major)


def describe(gpu: Gpu) -> str:
    """Name, compute capability and memory of a GPU."""
    memory_gib = gpu.memory_bytes / 2**30
    return f"{gpu.name}, compute capability {with_point(gpu.compute_capability)}, {memory_gib:.0f} GiB"


def _runtime(served_major: int) -> Check:
    """The CUDA runtime that `edgeface.backends.tensorrt.cuda` would use, found without importing it."""
    name = "CUDA runtime"
    version = installed(BINDINGS)
    if version is not None and int(version.partition(".")[0]) <= served_major:
        return Check(name, "ok", f"{BINDINGS} {version}")
    library = open_libcudart(served_major)
    if library is not None:
        return Check(name, "ok", library.origin)
    return Check(
        name, "missing", "optional: GPU memory for --on gpu", f"pip install 'cuda-bindings<{served_major + 1}'"
    )
