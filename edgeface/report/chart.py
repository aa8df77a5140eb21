"""Charts as plain values: geometry in percent, text beside it.

A template draws them with an SVG that is stretched to the width that there is, and words in HTML over it: so lines
follow the page, and text keeps its size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

_TOPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Tick:
    """A label on an axis: `at` in percent from the left, or from the top."""

    at: float
    label: str


@dataclass(frozen=True)
class Shape:
    """A path in percent of its panel, 0 to 100 to the right and downwards.

    Attributes:
        style: class in the style sheet, which fills it, draws its line, or draws dots at its points.
        path: SVG path data.
        label: what it shows where a pointer rests on it; may be empty.
    """

    style: str
    path: str
    label: str = ""


@dataclass(frozen=True)
class Rule:
    """A labeled line through a panel: upright at `at` percent from the left, or level at `at` percent from the top.

    `limit` says whether it is one that decides.
    """

    direction: Literal["upright", "level"]
    at: float
    label: str
    limit: bool = False


@dataclass(frozen=True)
class Panel:
    """One plot of a chart; panels share the horizontal axis. `name` may be empty."""

    name: str
    shapes: tuple[Shape, ...]
    rules: tuple[Rule, ...] = ()
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        title: what it shows.
        summary: the same in words and numbers, for who does not see it.
        panels: from the top.
        ticks: of the horizontal axis.
        axis: the horizontal axis in words.
        key: style and meaning of the shapes, where there is more than one kind.
        tall: whether panels are high, as of a chart with one.
    """

    title: str
    summary: str
    panels: tuple[Panel, ...]
    ticks: tuple[Tick, ...] = ()
    axis: str = ""
    key: tuple[tuple[str, str], ...] = ()
    tall: bool = False


@dataclass(frozen=True)
class Scale:
    """From a value to percent of a side: of the width, or with `down` of the height, where larger stands higher."""

    low: float
    high: float
    down: bool = False

    def at(self, value: float) -> float:
        """The percent of a value; those beyond the ends are at them."""
        share = (value - self.low) / (self.high - self.low)
        kept = 100 * min(max(share, 0.0), 1.0)
        return round(100 - kept if self.down else kept, 2)

    def ticks(self, count: int = 5, unit: str = "") -> tuple[Tick, ...]:
        """Ticks at round numbers, about `count` of them."""
        step = round_step((self.high - self.low) / count)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return tuple(Tick(self.at(n * step), f"{n * step + 0.0:.{digits}f}{unit}") for n in range(first, last + 1))


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is at least so large."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-12)))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least * (1 - 1e-9))


def round_top(least: float) -> float:
    """The same of more numbers, for an axis from 0 that its highest bar nearly fills."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-12)))
    return next(times * power for times in _TOPS if times * power >= least * (1 - 1e-9))


def outward(low: float, high: float, step: float) -> tuple[float, float]:
    """Both ends moved outward to multiples of a step; never the same number."""
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return first * step, max(last, first + 1) * step


def line(points: Iterable[tuple[float, float]]) -> str:
    """The path through points, in percent."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def dot(x: float, y: float) -> str:
    """The path of a point, which a style with caps draws as a dot."""
    return f"M{x:g} {y:g}h0"


def block(left: float, right: float, top: float = 0.0, bottom: float = 100.0) -> str:
    """The path of a rectangle, by its edges in percent."""
    return f"M{left:g} {top:g}H{right:g}V{bottom:g}H{left:g}Z"


def stairs(heights: Sequence[float]) -> str:
    """The outline of a histogram's bars of equal width, without those of no height; heights in percent."""
    width, parts, standing = 100 / max(len(heights), 1), list[str](), False
    for number, height in enumerate(heights):
        if height > 0:
            start = "" if standing else f"M{round(number * width, 2):g} 100"
            parts.append(f"{start}V{round(100 - height, 2):g}H{round((number + 1) * width, 2):g}")
        elif standing:
            parts.append("V100")
        standing = height > 0
    return "".join(parts) + ("V100" if standing else "")
