"""What of TensorRT is installed, without importing it, and the native libraries that TensorRT-RTX's bindings need."""

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
# In the order in which they need each other. The bindings ask for them by soname, which a preload satisfies.
_NATIVE = ("libcudart", "libtensorrt_rtx", "libtensorrt_onnxparser_rtx")
_BUNDLE = "onnxruntime_ep_nv_tensorrt_rtx"  # ONNX Runtime's plug-in wheel: it carries the libraries
_OWN_WHEEL = "tensorrt_rtx_libs"  # NVIDIA's: the bindings import it themselves
_PLACEHOLDERS = ("tensorrt", "tensorrt-cu12", "tensorrt-cu13", "tensorrt-rtx")


@dataclass(frozen=True)
class NativeLibraries:
    """Preloaded libraries: the package that they are from, and TensorRT-RTX's own version, e.g. "1.7.1".

    `cuda` is the least CUDA that a driver must serve for them, e.g. "13.0": minor versions are compatible.
    """

    package: str
    version: str
    cuda: str | None = None


def is_installed(module: str) -> bool:
    """Whether a top-level module can be found; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def install_hint() -> str:
    """The command that installs a TensorRT on this machine, or what to do where there are no wheels."""
    machine = platform.machine()
    if sys.platform == "linux" and machine in ("x86_64", "AMD64"):
        return INSTALL
    return (
        f"the wheels of edgeface[tensorrt] are for x86-64 Linux; on {sys.platform} {machine} install NVIDIA's own "
        "TensorRT (JetPack brings it) and make its Python module importable"
    )


def placeholder_distribution() -> str | None:
    """A TensorRT distribution that is installed without any module: what the general index holds under that name."""
    for name in _PLACEHOLDERS:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        return name
    return None


def bundled_libraries() -> NativeLibraries | None:
    """Preload the libraries that TensorRT-RTX's bindings link against.

    Returns:
        Where they are from and their version, or None where NVIDIA's own wheel loads them.

    Raises:
        InputError: no package brings them, one is missing from the package, or one does not load.
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
    """The library itself, not one of the links to it."""
    found = [path for path in folder.glob(f"{stem}.so.*") if path.is_file() and not path.is_symlink()]
    if not found:
        raise InputError(
            f"the library {stem} is missing from the package that should hold it",
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
