"""The TensorRT runtime: engines on an NVIDIA GPU, as single files or in an artifact."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends.runtime import Runner, Runtime

ENGINE_SUFFIX = ".engine"


def _open(model: Path, _: int) -> Runner:
    """A runner for an engine file, or for the artifact's engine for the local GPU."""
    from edgeface.backends.tensorrt.runner import EngineRunner

    return EngineRunner(model) if model.suffix == ENGINE_SUFFIX else EngineRunner.of_artifact(model.parent)


def _has_engines(model: Path) -> bool:
    """Whether a file belongs to an artifact with engines, which a GPU runs instead of the ONNX model.

    Opening any other model on a CPU needs none of what tells it, so that is imported here.
    """
    from edgeface.backends.tensorrt.artifact_engines import ENGINES
    from edgeface.backends.tensorrt.target import TARGETS
    from edgeface.core.artifact import MANIFEST, read_json

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
