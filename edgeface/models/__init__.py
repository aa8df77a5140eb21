"""Model families, each in a module of its own, found by filename.

A module of this package that defines `FAMILY` is a family; modules whose name starts with an underscore
are never looked at. Nothing here, and no contract, needs torch: families import it when they build.
"""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches

from edgeface.errors import InputError
from edgeface.models.family import Family

_NOT_FAMILIES = frozenset(
    {"architectures", "checkpoint", "checkpoint_shapes", "family", "torch_export", "write_skeletons"}
)


def families() -> dict[str, Family]:
    """Every family by name, sorted by name."""
    found: dict[str, Family] = {}
    for entry in pkgutil.iter_modules(__path__):
        if entry.name.startswith("_") or entry.name in _NOT_FAMILIES:
            continue
        candidate = getattr(importlib.import_module(f"{__name__}.{entry.name}"), "FAMILY", None)
        if isinstance(candidate, Family):
            found[candidate.name] = candidate
    return dict(sorted(found.items()))


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        InputError: there is none; the error lists the known names and the closest one.
    """
    known = families()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    meant = f"did you mean {close[0]!r}? " if close else ""
    raise InputError(f"unknown model {name!r}", fix=f"{meant}known models: {', '.join(known) or 'none'}")


__all__ = ["Family", "families", "family"]
