"""TensorRT: engines on an NVIDIA GPU, a file of its own or the ones of an artifact."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends.runtime import Runner, Runtime
from edgeface.backends.tensorrt.artifact_engines import ENGINES
from edgeface.backends.tensorrt.target import TARGETS
from edgeface.core.artifact import MANIFEST, read_json

ENGINE_SUFFIX = ".engine"


def _open(model: Path, _: int) -> Runner:
    """An engine's file, or of an artifact's folder the engine for the GPU here."""
    from edgeface.backends.tensorrt.runner import EngineRunner

    return EngineRunner(model) if model.suffix == ENGINE_SUFFIX else EngineRunner.of_artifact(model.parent)


def _has_engines(model: Path) -> bool:
    """Whether a file stands in an artifact of which not the ONNX, but engines are what a GPU runs."""
    if (model.parent / ENGINES).is_file():
        return True
    manifest = model.parent / MANIFEST
    return manifest.is_file() and str(read_json(manifest).get("target")) in {target.name for target in TARGETS}


RUNTIMES = (
    Runtime(
        name="tensorrt",
        title="TensorRT",
        suffixes=(ENGINE_SUFFIX,),
        distributions=("tensorrt", "tensorrt-rtx-cu13-bindings", "onnxruntime-ep-nv-tensorrt-rtx-cu13"),
        open=_open,
        processor="gpu",
        claims=_has_engines,
    ),
)
