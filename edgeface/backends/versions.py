"""Versions of the packages that made and judged a model."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from edgeface.backends import runtimes
from edgeface.backends.runtime import Runtime
from edgeface.version import __version__

COMPILER = ("numpy", "onnx", "onnxruntime", "onnxsim", "torch")
"""What every export is made with, whatever its target: ONNX Runtime calibrates."""


def versions(used: Iterable[Runtime] | None = None) -> dict[str, str]:
    """The version of each installed distribution by name, sorted, with edgeface's own.

    Args:
        used: the runtimes whose distributions are named; by default every runtime's.
    """
    names = {name for runtime in (runtimes().values() if used is None else used) for name in runtime.distributions}
    found = {"edgeface": __version__}
    for name in (*COMPILER, *names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return dict(sorted(found.items()))
