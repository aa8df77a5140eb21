"""Open a model on the GPU: an artifact's engine, an engine's file, or an .onnx file by ONNX Runtime's CUDA provider."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends import target
from edgeface.backends.runtime import Runner
from edgeface.backends.tensorrt.cuda.driver import usable_gpu
from edgeface.core.artifact import MANIFEST, read_json
from edgeface.errors import InputError

ENGINE_SUFFIX = ".engine"


def open_on_gpu(path: Path, threads: int) -> Runner:
    """Load a model on the first GPU.

    Args:
        path: an .engine file, or the model file of an artifact: with engines beside it, the one for this GPU is loaded.
        threads: of the processor, for what ONNX Runtime does not give to the GPU.

    Raises:
        InputError: there is no GPU, no engine for it, or nothing that runs such a file on it.
        RuntimeFailure: the runtime refuses the model.
    """
    usable_gpu()
    from edgeface.backends.tensorrt.artifact_engines import ENGINES
    from edgeface.backends.tensorrt.runner import EngineRunner

    if path.suffix == ENGINE_SUFFIX:
        return EngineRunner(path)
    if (path.parent / ENGINES).is_file() or _has_engines(path.parent):
        return EngineRunner.of_artifact(path.parent)
    if path.suffix == ".onnx":
        from edgeface.backends.onnx.runtime import CUDA_PROVIDER, OrtRunner

        return OrtRunner(path, threads, provider=CUDA_PROVIDER)
    raise InputError(
        f"nothing runs {path.suffix or 'files without a suffix'} on an NVIDIA GPU",
        where=str(path),
        fix="export it with --target tensorrt-fp16 or tensorrt-int8",
    )


def _has_engines(folder: Path) -> bool:
    """Whether a folder is an artifact of a target whose engines, not its ONNX, are what a GPU runs."""
    manifest = folder / MANIFEST
    return manifest.is_file() and target(str(read_json(manifest).get("target"))).engines
