"""Runs of all checks, in order."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType

from edgeface.doctor import checks as home
from edgeface.doctor.check import Check, Diagnosis, Group

_LAST = 1000


def examine() -> Diagnosis:
    """The diagnosis of this machine: every module of `edgeface.doctor.checks`, by its RANK.

    Such a module has a TITLE, a RANK and a function `look() -> tuple[Check, ...]`. If a library that a
    check itself needs is missing or broken, the check reports that.
    """
    found = [_group(module.name) for module in pkgutil.iter_modules(home.__path__)]
    return Diagnosis(tuple(group for _, group in sorted(found, key=lambda item: item[0])))


def _group(name: str) -> tuple[int, Group]:
    title, rank = name, _LAST
    try:
        module: ModuleType = importlib.import_module(f"{home.__name__}.{name}")
        title, rank = module.TITLE, module.RANK
        look: Callable[[], tuple[Check, ...]] = module.look
        return rank, Group(title, look())
    except ImportError as error:
        return rank, Group(title, (Check(name, "problem", f"could not be examined: {error}"),))
