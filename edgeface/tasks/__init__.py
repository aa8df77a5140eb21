"""Tasks that networks are for, found by filename: each folder here whose module `task` defines TASK."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache

from edgeface.contracts import Contract
from edgeface.errors import InputError, did_you_mean
from edgeface.tasks.task import Task


@cache
def tasks() -> dict[str, Task]:
    """Every task by name, sorted."""
    found: dict[str, Task] = {}
    for folder in pkgutil.iter_modules(__path__):
        if folder.ispkg and importlib.util.find_spec(f"{__name__}.{folder.name}.task") is not None:
            loaded: Task = importlib.import_module(f"{__name__}.{folder.name}.task").TASK
            found[loaded.name] = loaded
    return dict(sorted(found.items()))


def task(name: str) -> Task:
    """The task of this name.

    Raises:
        InputError: there is no such task; the closest name is suggested.
    """
    known = tasks()
    if name not in known:
        raise InputError(f"unknown task {name!r}", fix=f"{did_you_mean(name, known)}known tasks: {', '.join(known)}")
    return known[name]


def task_of(contract: Contract) -> Task:
    """The task of a contract: the one whose contracts are of this type."""
    return next(found for found in tasks().values() if isinstance(contract, found.contract))
