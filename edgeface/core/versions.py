"""Library versions for manifests and certificates."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from edgeface.version import __version__

COMPILER = ("numpy", "onnx", "onnxruntime", "onnxsim", "torch")
"""Distributions that every export uses, whatever its target: ONNX Runtime runs the calibration."""


def versions(*distributions: str) -> dict[str, str]:
    """Versions of edgeface, of what it compiles with, and of further distributions, as far as they are installed."""
    found = {"edgeface": __version__}
    for name in sorted({*COMPILER, *distributions}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
