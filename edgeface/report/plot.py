"""Plot of the error by layer as SVG. Colors are the page's CSS classes, so that it follows light and dark mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup
from markupsafe import escape as escape_markup

from edgeface.core.visible import visible
from edgeface.validate.layerwise import BAD_DB

WIDTH, HEIGHT = 960, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 34, 46
STEP_DB = 20
MAX_DB = 140.0
_INTEGER = {"int8"}


@dataclass(frozen=True)
class Point:
    """A value: its name, its SNR in dB, and its dtype."""

    name: str
    snr_db: float
    kind: str


def plot_layers(points: Sequence[Point], target: str, of: str = "SNR", name: str = "plot") -> str:
    """The SVG plot, with a point for each value in graph order; integers are discs, floats are squares.

    Args:
        points: in the graph's order, at least one.
        target: the artifact's target, for the title.
        of: what is plotted, in words.
        name: of the plot on its page.
    """
    top_db = _top_db(points)
    parts = [*_frame(points, target, of, name), *_float_regions(points), *_grid(top_db), *_threshold(top_db)]
    line = " ".join(f"{_x(i, len(points)):.1f},{_y(p.snr_db, top_db):.1f}" for i, p in enumerate(points))
    parts.append(f'<polyline class="trace" points="{line}"/>')
    parts += [_point(i, point, len(points), top_db) for i, point in enumerate(points)]
    parts += [*_legend(points), "</svg>"]
    return Markup("\n".join(parts))  # names are escaped where they are inserted


def escape(text: str) -> Markup:
    """A name as it is inserted into the page."""
    return escape_markup(visible(text))


def _top_db(points: Sequence[Point]) -> float:
    highest = min(max(point.snr_db for point in points), MAX_DB)
    return max(2, -(-highest // STEP_DB)) * STEP_DB


def _x(index: int, count: int) -> float:
    return LEFT + (index + 0.5) * (WIDTH - LEFT - RIGHT) / count


def _y(snr_db: float, top_db: float) -> float:
    share = min(max(snr_db, 0.0), top_db) / top_db
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _frame(points: Sequence[Point], target: str, of: str, name: str) -> list[str]:
    worst = min(points, key=lambda point: point.snr_db)
    title = f"Signal-to-noise ratio of {len(points)} values of {target}, in the order of the graph"
    summary = f"From {points[0].snr_db:.0f} dB at the first value to {points[-1].snr_db:.0f} dB at the last"
    return [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{summary}; the minimum is {worst.snr_db:.1f} dB at {escape(worst.name)}. '
        "The table below has every number.</desc>",
        f'<text class="label" x="{LEFT}" y="16">{escape(of)} against fp32 in dB – higher is better</text>',
        f'<text class="label" x="{(LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        "values in the order of the graph, input to output</text>",
    ]


def _float_regions(points: Sequence[Point]) -> list[str]:
    """Shaded regions of values that an int8 model computes in float."""
    if not any(point.kind in _INTEGER for point in points):
        return []
    parts, start, half = [], 0, (WIDTH - LEFT - RIGHT) / len(points) / 2
    for integer, run in groupby(points, key=lambda point: point.kind in _INTEGER):
        length = len(list(run))
        if not integer:
            x = _x(start, len(points)) - half
            parts.append(
                f'<rect class="island" x="{x:.1f}" y="{TOP}" width="{length * 2 * half:.1f}" '
                f'height="{HEIGHT - TOP - BOTTOM}"/>'
            )
        start += length
    return parts


def _grid(top_db: float) -> list[str]:
    parts = []
    for value in range(0, round(top_db) + 1, STEP_DB):
        y = _y(value, top_db)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    return parts


def _threshold(top_db: float) -> list[str]:
    y = _y(BAD_DB, top_db)
    return [
        f'<line class="limit" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>',
        f'<text class="limit-text" x="{LEFT + 6}" y="{y + 15:.1f}">below {BAD_DB:g} dB: bad</text>',
    ]


def _point(index: int, point: Point, count: int, top_db: float) -> str:
    x, y = _x(index, count), _y(point.snr_db, top_db)
    named = f"<title>{escape(point.name)}: {point.snr_db:.1f} dB, {escape(point.kind)}</title>"
    if point.kind in _INTEGER:
        return f'<circle class="integer" cx="{x:.1f}" cy="{y:.1f}" r="3.5">{named}</circle>'
    return f'<rect class="real" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7">{named}</rect>'


def _legend(points: Sequence[Point]) -> list[str]:
    parts, x = [], WIDTH - RIGHT
    shaded = any(point.kind in _INTEGER for point in points)
    for kind in sorted({point.kind for point in points}):
        x -= 16 + 8 * len(kind) + (60 if shaded and kind not in _INTEGER else 0)
        note = " (shaded)" if shaded and kind not in _INTEGER else ""
        shape = (
            f'<circle class="integer" cx="{x}" cy="12" r="3.5"/>'
            if kind in _INTEGER
            else f'<rect class="real" x="{x - 3.5}" y="8.5" width="7" height="7"/>'
        )
        parts += [shape, f'<text x="{x + 8}" y="16">{escape(kind)}{note}</text>']
        x -= 12
    return parts
