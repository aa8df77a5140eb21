"""Plot of predicted against published latencies as SVG: a panel for each kind and number of cores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLUMNS = 2
WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 40
LOW, HIGH = 0.7, 1.4
"""Range of predicted ÷ published; what is beyond is drawn on the edge."""
GRID = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)
NAMED = 0.10
"""Networks that are further from their figure than this are named."""
_STYLE = (
    "text{font:11px sans-serif;fill:#333}.title{font-size:13px;font-weight:bold}.grid{stroke:#ddd}"
    ".equal{stroke:#333}.band{fill:#e8f0e8}.left-out{fill:#fff;stroke:#1b6ca8;stroke-width:1.6}"
    ".unseen{fill:#c4501b}.name{font-size:9.5px;fill:#555}"
)


@dataclass(frozen=True)
class Point:
    """A network: its published and predicted milliseconds, and whether its row was never fitted to.

    The prediction of a row that is fitted to is that of a fit to all others.
    """

    name: str
    published_ms: float
    predicted_ms: float
    unseen: bool = False

    @property
    def ratio(self) -> float:
        """Predicted ÷ published."""
        return self.predicted_ms / self.published_ms


@dataclass(frozen=True)
class Panel:
    """Cores, and the networks that were timed on them; at least one."""

    title: str
    points: tuple[Point, ...]


def plot(panels: Sequence[Panel]) -> str:
    """The SVG document, two panels side by side."""
    columns = min(COLUMNS, len(panels))
    width, height = columns * WIDTH, -(-len(panels) // COLUMNS) * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<style>{_STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for index, panel in enumerate(panels):
        across, down = index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT
        parts += [f'<g transform="translate({across} {down})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    low, high = _decades(panel.points)

    def x(ms: float) -> float:
        return LEFT + (math.log10(ms) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    parts = [f'<text class="title" x="{LEFT}" y="20">{escape(panel.title)}</text>', *_grid()]
    for ms in _ticks(low, high):
        parts.append(f'<line class="grid" x1="{x(ms):.1f}" x2="{x(ms):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x(ms):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{ms:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">published ms</text>')
    for point in sorted(panel.points, key=lambda point: point.unseen):
        parts += _mark(point, x(point.published_ms))
    return parts


def _grid() -> list[str]:
    band = f'y="{_y(1 + NAMED):.1f}" height="{_y(1 - NAMED) - _y(1 + NAMED):.1f}"'
    parts = [f'<rect class="band" x="{LEFT}" width="{WIDTH - LEFT - RIGHT}" {band}/>']
    for ratio in GRID:
        style = "equal" if ratio == 1 else "grid"
        ends = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(ratio):.1f}" y2="{_y(ratio):.1f}"'
        parts.append(f'<line class="{style}" {ends}/>')
        parts.append(f'<text x="{LEFT - 6}" y="{_y(ratio) + 4:.1f}" text-anchor="end">{_percent(ratio)}</text>')
    return parts


def _percent(ratio: float) -> str:
    return "0%" if ratio == 1 else f"{ratio - 1:+.0%}"


def _mark(point: Point, x: float) -> list[str]:
    y = _y(point.ratio)
    style = "unseen" if point.unseen else "left-out"
    said = f"{point.name}: published {point.published_ms:g} ms, predicted {point.predicted_ms:.4g} ms"
    parts = [f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3.6"><title>{escape(said)}</title></circle>']
    if abs(point.ratio - 1) > NAMED:
        parts.append(f'<text class="name" x="{x + 6:.1f}" y="{y - 4:.1f}">{escape(point.name)}</text>')
    return parts


def _y(ratio: float) -> float:
    """Ratios are drawn by their logarithm, so that twice as much and half as much are as far from equal."""
    share = math.log(min(max(ratio, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _decades(points: Sequence[Point]) -> tuple[float, float]:
    """The logarithms of the axis's ends, a little beyond the smallest and the largest figure."""
    found = [math.log10(point.published_ms) for point in points]
    return min(found) - 0.06, max(found) + 0.18


def _ticks(low: float, high: float) -> list[float]:
    steps = (step * 10.0**decade for decade in range(math.floor(low), math.ceil(high)) for step in (1, 2, 5))
    return [ms for ms in steps if low <= math.log10(ms) <= high]
