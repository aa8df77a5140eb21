"""Model families, one per module, found by module name.

A module of this package that defines `FAMILY` is a family; modules whose name starts with an underscore are skipped.
The others are imported, so none of them may import torch or another heavy library at module level: families import
torch when they build.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from edgeface.errors import InputError, did_you_mean
from edgeface.models.family import Family


def families() -> dict[str, Family]:
    """Every family by name, sorted by name.

    Raises:
        InputError: a module's `FAMILY` is incomplete, or its name differs from the module's.
    """
    names = sorted(entry.name for entry in pkgutil.iter_modules(__path__) if not entry.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found = [_checked(module) for module in modules if hasattr(module, "FAMILY")]
    return {each.name: each for each in found}


def _checked(module: ModuleType) -> Family:
    """The module's family, checked for completeness and name."""
    found = module.FAMILY
    where = str(module.__file__)
    if not isinstance(found, Family):
        lacking = sorted(name for name in dir(Family) if not name.startswith("_") and not hasattr(found, name))
        raise InputError(f"the family lacks {', '.join(lacking)}", where=where, fix="see edgeface/models/family.py")
    if found.name != module.__name__.rpartition(".")[2]:
        raise InputError(
            f"the family {found.name!r} is in a file of another name", where=where, fix="rename one of them"
        )
    return found


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        InputError: there is none; the error lists the known names and the closest one.
    """
    known = families()
    if name in known:
        return known[name]
    raise InputError(
        f"unknown model {name!r}", fix=f"{did_you_mean(name, known)}known models: {', '.join(known) or 'none'}"
    )


__all__ = ["Family", "families", "family"]
