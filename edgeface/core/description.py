"""Descriptions of results as plain values, which terminal and HTML reports lay out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State = Literal["good", "unsure", "bad"]


@dataclass(frozen=True)
class Mark:
    """A text with a state, which templates show by a sign as well as by color."""

    text: str
    state: State


Cell: TypeAlias = str | Mark


@dataclass(frozen=True)
class Table:
    """A table: its first column holds row headers, the `left` columns text, the others numbers."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left: int = 1


@dataclass(frozen=True)
class Verdict:
    """Whether the artifact is good enough, and what that means; `reasons` are the details, one a line."""

    state: State
    headline: str
    meaning: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tile:
    """A key figure."""

    label: str
    figure: str
    note: str


@dataclass(frozen=True)
class Figure:
    """A measured figure with what it rests on, in words.

    Attributes:
        label: what was measured.
        value: with its unit.
        cases: how many cases it rests on, e.g. "525 faces".
        interval: its 95 % interval, e.g. "99.1–100.0 %"; empty where it has none.
    """

    label: str
    value: str
    cases: str
    interval: str = ""

    @property
    def words(self) -> str:
        """The figure in one phrase."""
        span = f"95 % interval {self.interval}, " if self.interval else ""
        return f"{self.label} {self.value} ({span}n = {self.cases})"
