"""Boards that bundles can be packed for: device profiles with a [bundle]."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.devices.table import profiles
from edgeface.errors import InputError


@dataclass(frozen=True)
class Board:
    """A board, as in a bundle's settings.

    Attributes:
        name: its profile's name.
        title: its usual name.
        cpu: its architecture, as `uname -m` prints it.
        cores: the cores to pin to.
        threads: threads inside one operator.
    """

    name: str
    title: str
    cpu: str
    cores: tuple[int, ...]
    threads: int


def boards() -> dict[str, Board]:
    """Every board by name, in alphabetical order.

    Raises:
        InputError: a profile is not usable.
    """
    return {
        name: Board(name, found.title, found.architecture, found.bundle.cores, found.bundle.threads)
        for name, found in profiles().items()
        if found.bundle is not None
    }


def board(name: str) -> Board:
    """The board with a name.

    Raises:
        InputError: no profile has this name and a [bundle], or a profile is not usable.
    """
    known = boards()
    if name not in known:
        raise InputError(
            f"no board is called {name!r}",
            where="--device",
            fix=f"use one of {', '.join(known)}, or add its profile with a [bundle]",
        )
    return known[name]
