"""Find a TensorRT: with a GPU NVIDIA's TensorRT, else TensorRT-RTX, which builds engines without one."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.installed import (
    INSTALL,
    bundled_libraries,
    install_hint,
    is_installed,
    placeholder_distribution,
)
from edgeface.errors import EdgefaceError, InputError

TENSORRT, TENSORRT_RTX = "TensorRT", "TensorRT-RTX"
_MODULES = {"tensorrt": TENSORRT, "tensorrt_rtx": TENSORRT_RTX, "tensorrt_rtx_bindings": TENSORRT_RTX}
_NEEDED = ("Builder", "OnnxParser", "Runtime", "ILogger")


@dataclass(frozen=True)
class Library:
    """A loaded TensorRT.

    `name` is "TensorRT" or "TensorRT-RTX", which cannot read each other's engines. `ahead_of_time`: whether it builds
    for GPUs that are not present; `compute_capabilities`: for which ones ("75", "86", …; empty if only for the local
    GPU); `has_gpu`: whether there are a CUDA driver and a GPU; `cuda`: the minimum CUDA that the driver must support,
    None if unknown.
    """

    module: Any
    name: str
    version: str
    ahead_of_time: bool
    has_gpu: bool
    compute_capabilities: tuple[str, ...]
    cuda: str | None = None


@functools.cache
def load_library() -> Library:
    """The TensorRT for this machine; loaded once.

    Returns:
        TensorRT if it is installed and there is a GPU, else TensorRT-RTX.

    Raises:
        InputError: none is installed, or the installed one is a placeholder, mismatches its library, or needs a GPU.
    """
    has_gpu = bool(look_for_gpus().gpus)
    for module in [*(["tensorrt"] if has_gpu else []), "tensorrt_rtx", "tensorrt_rtx_bindings"]:
        if is_installed(module):
            return _load(module, has_gpu)
    if is_installed("tensorrt"):
        raise InputError(
            "TensorRT is installed, but needs a CUDA driver and a GPU to build and run engines",
            where="python module 'tensorrt'",
            fix=f"run this on the machine with the GPU, or {INSTALL} for TensorRT-RTX, which builds without one",
        )
    if placeholder := placeholder_distribution():
        raise InputError(
            f"the package {placeholder} is a placeholder: the TensorRT library itself is not installed",
            where=f"distribution {placeholder!r}",
            fix=f"pip uninstall {placeholder}, then {install_hint()}",
        )
    raise InputError("no TensorRT is installed", fix=install_hint())


def describe() -> dict[str, Any]:
    """Information about TensorRT and the local GPU, as JSON; never raises.

    Returns:
        `state` ("ok", "missing" or "problem"), `library`, `version`, `ahead_of_time`, `compute_capabilities`,
        `has_gpu`, `driver` (the newest CUDA it supports), `gpus`, `problem` and `fix`; None for unknown values.
    """
    driver = look_for_gpus()
    facts: dict[str, Any] = dict.fromkeys(
        ("state", "library", "version", "ahead_of_time", "compute_capabilities", "problem", "fix")
    )
    facts |= {"has_gpu": bool(driver.gpus), "gpus": [vars(gpu) for gpu in driver.gpus]}
    facts["driver"] = None if driver.cuda_version is None else ".".join(map(str, driver.cuda_version))
    try:
        library = load_library()
    except EdgefaceError as error:
        present = any(map(is_installed, _MODULES)) or placeholder_distribution()
        return facts | {"state": "problem" if present else "missing", "problem": error.what, "fix": error.fix}
    except Exception as error:  # a broken native library may raise anything
        return facts | {"state": "problem", "problem": f"TensorRT does not load: {error}", "fix": install_hint()}
    return facts | {
        "state": "ok",
        "library": library.name,
        "version": library.version,
        "ahead_of_time": library.ahead_of_time,
        "compute_capabilities": list(library.compute_capabilities),
    }


def _load(name: str, has_gpu: bool) -> Library:
    native = bundled_libraries() if name == "tensorrt_rtx_bindings" else None
    module = _import(name)
    missing = [needed for needed in _NEEDED if not hasattr(module, needed)]
    if missing:
        raise InputError(
            f"the module {name} is a placeholder: it has no {', '.join(missing)}",
            where=f"python module {name!r}",
            fix=f"pip uninstall its package, then {install_hint()}",
        )
    version = str(getattr(module, "__version__", "unknown"))
    if native is not None and not f"{version}.".startswith(f"{native.version}."):
        raise InputError(
            f"TensorRT-RTX's bindings have version {version}, but its library {native.version}",
            where=f"{name} and {native.package}",
            fix=f"{INSTALL} --force-reinstall",
        )
    offered = _capabilities(module)
    return Library(module, _MODULES[name], version, bool(offered), has_gpu, offered, native.cuda if native else None)


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise InputError(
            f"the installed TensorRT does not load: {str(error).splitlines()[0]}",
            where=f"python module {name!r}",
            fix=install_hint(),
        ) from error


def _capabilities(module: Any) -> tuple[str, ...]:
    """The compute capabilities that a library builds for without the GPU, in order; empty if it cannot."""
    if not hasattr(module, "ComputeCapability") or not hasattr(module.IBuilderConfig, "set_compute_capability"):
        return ()
    names = [name[2:] for name in dir(module.ComputeCapability) if name.startswith("SM")]
    return tuple(sorted((name for name in names if name.isdigit()), key=int))
