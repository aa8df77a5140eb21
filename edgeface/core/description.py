"""What is said of a result, as plain values: terminal and HTML only arrange them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State = Literal["good", "unsure", "bad"]


@dataclass(frozen=True)
class Mark:
    """A text with a state; templates show the state by a sign beside the color."""

    text: str
    state: State


Cell: TypeAlias = str | Mark


@dataclass(frozen=True)
class Table:
    """A table; its first column heads the rows, `left` columns are text, the others numbers."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left: int = 1


@dataclass(frozen=True)
class Verdict:
    """Whether the artifact is good enough, and what that means."""

    state: State
    headline: str
    meaning: str


@dataclass(frozen=True)
class Tile:
    """A figure that is read at a glance."""

    label: str
    figure: str
    note: str
