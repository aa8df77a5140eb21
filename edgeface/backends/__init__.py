"""Targets, found by filename: a folder here whose module `target` has TARGETS."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from functools import cache

from edgeface.backends.target import Target
from edgeface.errors import InputError


@cache
def targets() -> dict[str, Target]:
    """Every target by name, sorted."""
    found: dict[str, Target] = {}
    for folder in pkgutil.iter_modules(__path__):
        if folder.ispkg and importlib.util.find_spec(f"{__name__}.{folder.name}.target") is not None:
            loaded = importlib.import_module(f"{__name__}.{folder.name}.target")
            found |= {target.name: target for target in loaded.TARGETS}
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
