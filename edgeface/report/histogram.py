"""Histograms of two networks, one above the other, or of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeface.report.chart import Chart, Panel, Rule, Scale, Shape, Tick, outward, round_step, round_top, stairs

BINS = 40
_MIN_VALUES = 2
_SHORT, _MANY, _FEW = 0.3, 7, 4
"""Over a wider axis labels are short, and more of them fit on a phone."""


@dataclass(frozen=True)
class Group:
    """Values of one kind, with the style that draws them and their name."""

    style: str
    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Row:
    """One panel: the groups that lie over each other, and upright lines at values, each with its label.

    `limits` says whether those decide something.
    """

    name: str
    groups: tuple[Group, ...]
    rules: tuple[tuple[float, str], ...] = ()
    limits: bool = False


@dataclass(frozen=True)
class Words:
    """What a histogram is called: its title, its axis in words, and a sentence for who does not see it."""

    title: str
    axis: str
    summary: str


def histogram(words: Words, rows: Sequence[Row], ends: tuple[float, float] | None = None) -> Chart | None:
    """The chart of rows of groups; each group is drawn by its share, so that unequal numbers compare.

    Args:
        words: what it is called.
        rows: from the top.
        ends: of the axis; by default those of all values, rounded outward.

    Returns:
        None where no group has two values.
    """
    if max((len(group.values) for row in rows for group in row.groups), default=0) < _MIN_VALUES:
        return None
    low, high = _ends(rows) if ends is None else ends
    shares = [[_shares(group.values, low, high) for group in row.groups] for row in rows]
    top = max((float(found.max()) for row in shares for found in row), default=0.0)
    top = round_top(max(top, 0.01))
    across, up = Scale(low, high), Scale(0.0, top, down=True)
    panels = tuple(
        Panel(
            row.name,
            tuple(
                Shape(group.style, stairs([100 * float(share) / top for share in found]))
                for group, found in zip(row.groups, of_row, strict=True)
            ),
            tuple(Rule("upright", across.at(value), label, row.limits) for value, label in row.rules),
            (Tick(up.at(top), f"{100 * top:.3g} %"), Tick(up.at(top / 2), f"{50 * top:.3g} %")),
        )
        for row, of_row in zip(rows, shares, strict=True)
    )
    named = {(group.style, group.name): None for row in rows for group in row.groups}
    key = tuple(named) if any(len(row.groups) > 1 for row in rows) else ()
    ticks = across.ticks(_MANY if high - low > _SHORT else _FEW)
    return Chart(words.title, words.summary, panels, ticks, words.axis, key)


def _ends(rows: Sequence[Row]) -> tuple[float, float]:
    values = [value for row in rows for group in row.groups for value in group.values]
    values += [value for row in rows for value, _ in row.rules]
    low, high = min(values), max(values)
    return outward(low, high, round_step(max(high - low, 1e-6) / 10))


def _shares(values: Sequence[float], low: float, high: float) -> np.ndarray:
    """The share of the values in each of `BINS` bins; those beyond the ends count at them."""
    kept = np.clip(np.asarray(values, np.float64), low, high)
    counts, _ = np.histogram(kept, BINS, (low, high))
    return np.asarray(counts / max(len(kept), 1), np.float64)
