"""Kinds of hostile input, each found by the name of its file in `kinds`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.hostile import kinds as home
from tests.hostile.draw import Draw

SEED = 20261127


def no_complaint(_: Any) -> str | None:
    """Nothing that was answered is wrong."""
    return None


@dataclass(frozen=True)
class Case:
    """A hostile input and its door.

    Attributes:
        note: what was done to which valid input.
        files: content by name, written into an empty folder.
        open: the door, a public function of edgeface; it gets the folder, and returns what was answered.
        wrong: what is wrong with an answer, None if nothing is.
    """

    note: str
    files: Mapping[str, bytes]
    open: Callable[[Path], Any]
    wrong: Callable[[Any], str | None] = no_complaint


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        make: a case, by choices alone.
        share: how many of a thousand inputs are of this kind.
        prepare: what is made once, before processes are forked.
    """

    make: Callable[[Draw], Case]
    share: int
    prepare: Callable[[], object] = field(default=lambda: None)


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(home.__path__))
    return {name: importlib.import_module(f"{home.__name__}.{name}").KIND for name in names}


def case_of(kind: str, index: int, seed: int = SEED) -> Case:
    """The case with an index."""
    return kind_named(kind).make(Draw(seed, kind, index))


def kind_named(name: str) -> Kind:
    """One kind, without importing what the others need."""
    found: Kind = importlib.import_module(f"{home.__name__}.{name}").KIND
    return found


def refused(what: str) -> Callable[[Any], str]:
    """For inputs that must not be accepted: whatever is answered is wrong."""
    return lambda answer: f"{what} was accepted: {str(answer)[:200]}"
