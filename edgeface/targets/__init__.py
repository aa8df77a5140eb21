"""Targets, found by filename: a module or package here that has TARGETS."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache

from edgeface.errors import InputError
from edgeface.targets.target import Target


@cache
def targets() -> dict[str, Target]:
    """Every target by name, sorted."""
    found: dict[str, Target] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        found |= {target.name: target for target in getattr(loaded, "TARGETS", ())}
    return dict(sorted(found.items()))


def target(name: str) -> Target:
    """The target of this name.

    Raises:
        InputError: there is none; the nearest name is offered.
    """
    known = targets()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError(f"unknown target {name!r}", fix=f"{hint}known targets: {', '.join(known)}")
    return known[name]
