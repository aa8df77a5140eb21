"""Open any artifact, ready to run."""

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
from edgeface.inference.recognizer import Recognizer

Opener: TypeAlias = Callable[[Artifact, int], Detector | Recognizer]


@cache
def openers() -> dict[str, Opener]:
    """What opens an artifact, by its contract's task: each `OPENER` of a module beside this one."""
    modules = (
        importlib.import_module(f"{home.__name__}.{found.name}") for found in pkgutil.iter_modules(home.__path__)
    )
    found = [module.OPENER for module in modules if hasattr(module, "OPENER")]
    return {opener.task: opener for opener in found}


def load(path: Path | str, threads: int = 1) -> Detector | Recognizer:
    """Open an artifact as what its contract says it is.

    Args:
        path: the folder that an export wrote, or the model file in it.
        threads: threads inside one operator, at least 1.

    Raises:
        ContractError: nothing here runs artifacts of its task.
        EdgefaceError: as `Artifact.open`, `Detector` and `Recognizer` do.
    """
    artifact = Artifact.open(Path(path))
    task = artifact.contract.task
    if task not in openers():
        raise ContractError(
            f"nothing runs artifacts for {task}", where=str(artifact.folder), fix=f"known: {', '.join(openers())}"
        )
    return openers()[task](artifact, threads)
