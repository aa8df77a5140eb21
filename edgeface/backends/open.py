"""Open a model in its runtime: named arrays in, named arrays out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends import runtime_for
from edgeface.backends.device import GPU, HERE, Device
from edgeface.backends.runtime import Runner, TensorSpec
from edgeface.errors import InputError
from edgeface.reading.regular_file import is_folder

if TYPE_CHECKING:
    from edgeface.core.artifact import Artifact

__all__ = ["Runner", "TensorSpec", "model_path", "open_runner"]


def model_path(model: Artifact | Path) -> Path:
    """The model file of an artifact or of an artifact's folder, or the file itself.

    Raises:
        InputError: a folder is not an artifact, or the model does not match its manifest.
    """
    if not isinstance(model, Path):
        return model.model_path
    if not is_folder(model):
        return model
    from edgeface.core.artifact import Artifact  # a file needs none of it, and timing opens files

    return Artifact.open(model).model_path


def open_runner(model: Artifact | Path, threads: int = 1, on: Device = HERE) -> Runner:
    """A model, loaded in the runtime that `runtime_for` finds for it.

    Args:
        model: an opened artifact, an artifact's folder, or a model file.
        threads: threads inside one operator, at least 1.
        on: device to run on.

    Raises:
        InputError: the model is missing, damaged, or not supported by a runtime there; or an agent runs models on that
            device.
        RuntimeFailure: the runtime rejects it.
    """
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise InputError(f"cannot run with {threads!r} threads", fix="use a whole number, 1 or more")
    if on.has_agent:
        raise InputError(
            f"single models cannot be opened on {on}", where="--on", fix=f"use edgeface parity ARTIFACT --on {on}"
        )
    path = model_path(model)
    runtime = runtime_for(path, "gpu" if on == GPU else "cpu")
    runtime.refuse_others(path)
    return runtime.open(path, threads)
