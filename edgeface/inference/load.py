"""Loading of any artifact, ready to run."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

import edgeface.inference as home
from edgeface.core.artifact import Artifact
from edgeface.errors import ContractError
from edgeface.inference.detector import Detector
from edgeface.inference.numbers import NumberReader
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks import task_of

Opener: TypeAlias = Callable[[Artifact, int], Detector | Recognizer | NumberReader]


@cache
def openers() -> dict[str, Opener]:
    """The constructors of artifacts by their contract's task: each `OPENER` of a module in this folder."""
    modules = (
        importlib.import_module(f"{home.__name__}.{found.name}") for found in pkgutil.iter_modules(home.__path__)
    )
    found = [module.OPENER for module in modules if hasattr(module, "OPENER")]
    return {opener.task: opener for opener in found}


def load(path: Path | str, threads: int = 1) -> Detector | Recognizer | NumberReader:
    """The detector or recognizer of an artifact, as its contract's task says; a `NumberReader` of any other network.

    Threads may share it. In TFLite and TensorRT their runs take turns; load it once for each thread where they shall
    run side by side, which takes its memory each time.

    Args:
        path: the folder that an export wrote, or the model file in it.
        threads: threads inside one operator, at least 1.

    Raises:
        ContractError: no module here runs artifacts of its task.
        EdgefaceError: as `Artifact.open`, `Detector` and `Recognizer` do.
    """
    artifact = Artifact.open(Path(path))
    task = task_of(artifact.contract).name
    if task not in openers():
        raise ContractError(
            f"nothing runs artifacts for {task}", where=str(artifact.folder), fix=f"known: {', '.join(openers())}"
        )
    return openers()[task](artifact, threads)
