"""Versions that manifests and certificates record."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from edgeface.version import __version__

RECORDED = ("ai-edge-litert", "flatbuffers", "numpy", "onnx", "onnxruntime", "onnxsim", "torch")


def versions() -> dict[str, str]:
    """Versions of edgeface and of what it ran on."""
    found = {"edgeface": __version__}
    for name in RECORDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
