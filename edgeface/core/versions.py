"""Library versions for manifests and certificates."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from edgeface.version import __version__

COMPILER = ("numpy", "onnx", "onnxruntime", "onnxsim", "torch")
"""Distributions that every export uses, whatever its target: ONNX Runtime runs the calibration."""


def missing(distributions: Iterable[str]) -> tuple[str, ...]:
    """Those of the distributions that are not installed."""
    return tuple(name for name in distributions if _version(name) is None)


def versions(*distributions: str) -> dict[str, str]:
    """Versions of edgeface, of what it compiles with, and of further distributions, as far as they are installed."""
    found = {"edgeface": __version__}
    for name in sorted({*COMPILER, *distributions}):
        there = _version(name)
        if there is not None:
            found[name] = there
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
