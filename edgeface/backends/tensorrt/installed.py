"""Detect installed parts of TensorRT without importing it, and preload the libraries of TensorRT-RTX's bindings."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from edgeface.errors import InputError

INSTALL = "pip install 'edgeface[tensorrt]'"
# In order of dependency. The bindings need them by soname, which a preload satisfies.
_NATIVE = ("libcudart", "libtensorrt_rtx", "libtensorrt_onnxparser_rtx")
_BUNDLE = "onnxruntime_ep_nv_tensorrt_rtx"  # ONNX Runtime's plug-in wheel, which contains the libraries
_OWN_WHEEL = "tensorrt_rtx_libs"  # NVIDIA's wheel, which the bindings import themselves
_PLACEHOLDERS = ("tensorrt", "tensorrt-cu12", "tensorrt-cu13", "tensorrt-rtx")


@dataclass(frozen=True)
class NativeLibraries:
    """Preloaded libraries: their package, and TensorRT-RTX's version, e.g. "1.7.1".

    `cuda` is the minimum CUDA that the driver must support, e.g. "13.0": minor versions are compatible.
    """

    package: str
    version: str
    cuda: str | None = None


def is_installed(module: str) -> bool:
    """Whether a top-level module exists; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def install_hint() -> str:
    """The command that installs a TensorRT on this machine, or the alternative where there are no wheels."""
    machine = platform.machine()
    if sys.platform == "linux" and machine in ("x86_64", "AMD64"):
        return INSTALL
    return (
        f"the wheels of edgeface[tensorrt] are for x86-64 Linux; on {sys.platform} {machine} install NVIDIA's own "
        "TensorRT (part of JetPack) and make its Python module importable"
    )


def placeholder_distribution() -> str | None:
    """An installed TensorRT distribution without modules, which is a placeholder package."""
    for name in _PLACEHOLDERS:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        return name
    return None


def bundled_libraries() -> NativeLibraries | None:
    """The preloaded libraries that TensorRT-RTX's bindings link against.

    Returns:
        Their package and version, or None if NVIDIA's wheel loads them.

    Raises:
        InputError: no package contains them, one is missing from the package, or one does not load.
    """
    if is_installed(_OWN_WHEEL):
        return None
    spec = importlib.util.find_spec(_BUNDLE)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            "TensorRT-RTX's Python bindings are installed without its libraries",
            where="python module 'tensorrt_rtx_bindings'",
            fix=install_hint(),
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    files = {stem: _newest(folder, stem) for stem in _NATIVE}
    loaded = {stem: _preload(path) for stem, path in files.items()}
    major = files["libcudart"].name.split(".so.")[1].split(".")[0]
    return NativeLibraries(_BUNDLE, _version(loaded["libtensorrt_rtx"]), f"{major}.0")


def _newest(folder: Path, stem: str) -> Path:
    """The library file itself rather than a link to it."""
    found = [path for path in folder.glob(f"{stem}.so.*") if path.is_file() and not path.is_symlink()]
    if not found:
        raise InputError(
            f"the library {stem} is missing from its package",
            where=str(folder),
            fix=f"{INSTALL} --force-reinstall",
        )
    return max(found, key=lambda path: [int(digits) for digits in re.findall(r"\d+", path.name.split(".so.")[1])])


def _preload(path: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise InputError(
            f"a library of TensorRT-RTX does not load: {error}",
            where=str(path),
            fix=f"{INSTALL} --force-reinstall",
        ) from error


def _version(library: ctypes.CDLL) -> str:
    parts = ("getInferLibMajorVersion", "getInferLibMinorVersion", "getInferLibPatchVersion")
    return ".".join(str(getattr(library, part)()) for part in parts)
