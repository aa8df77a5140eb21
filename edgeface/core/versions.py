"""Versions that manifests and certificates record."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from edgeface.version import __version__

COMPILER = ("numpy", "onnx", "onnxruntime", "onnxsim", "torch")
"""What every model is made with, whatever it is made for: ONNX Runtime calibrates."""


def versions(*distributions: str) -> dict[str, str]:
    """Versions of edgeface, of what it compiles with, and of further distributions; of what is not installed, none."""
    found = {"edgeface": __version__}
    for name in sorted({*COMPILER, *distributions}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
