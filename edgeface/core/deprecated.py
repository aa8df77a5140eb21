"""Old keywords of public classes, which work for one release more with a warning."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)


def renamed_keywords(**names: str) -> Callable[[Class], Class]:
    """A class decorator: the constructor also takes old keywords, given as old="new", with a DeprecationWarning."""

    def decorate(made: Class) -> Class:
        construct: Callable[..., None] = made.__init__  # type: ignore[misc]  # of this very class

        @functools.wraps(construct)
        def initialize(self: Any, *given: Any, **keywords: Any) -> None:
            for old in names.keys() & keywords.keys():
                if names[old] in keywords:
                    raise TypeError(f"{made.__name__}() got both {old!r} and its new name {names[old]!r}")
                warn_renamed(f"{made.__name__}({old}=…)", f"{names[old]}=…")
                keywords[names[old]] = keywords.pop(old)
            construct(self, *given, **keywords)

        made.__init__ = initialize  # type: ignore[misc]
        return made

    return decorate


def warn_renamed(old: str, new: str) -> None:
    """Warn the caller's caller that a name is now another."""
    warnings.warn(f"{old} is now {new}; the old name goes with the next release", DeprecationWarning, stacklevel=3)
