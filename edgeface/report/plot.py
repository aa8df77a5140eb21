"""The error by layer as a chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from edgeface.report.chart import Chart, Panel, Rule, Scale, Shape, block, dot, line
from edgeface.validate.layerwise import BAD_DB

STEP_DB = 20
MAX_DB = 140.0
_INTEGER = {"int8"}


@dataclass(frozen=True)
class Point:
    """A value: its name, its SNR in dB, and its dtype."""

    name: str
    snr_db: float
    kind: str


def plot_layers(points: Sequence[Point], target: str, of: str = "SNR") -> Chart:
    """The chart, with a mark for each value in graph order: integers are discs, floats are squares.

    Args:
        points: in the graph's order, at least one.
        target: the artifact's target, for the summary.
        of: what is plotted, in words.
    """
    up = Scale(0.0, _top_db(points), down=True)
    marks = tuple(
        Shape(_style(point), dot(_x(index, len(points)), up.at(point.snr_db)), f"{point.name}: {point.snr_db:.1f} dB")
        for index, point in enumerate(points)
    )
    trace = Shape("trace", line((_x(i, len(points)), up.at(p.snr_db)) for i, p in enumerate(points)))
    panel = Panel(
        "",
        (*_float_regions(points), trace, *marks),
        (Rule("level", up.at(BAD_DB), f"below {BAD_DB:g} dB: bad", limit=True),),
        up.ticks(count=round(up.high / STEP_DB), unit=" dB"),
    )
    return Chart(
        f"{of} against fp32 in dB – higher is better",
        _summary(points, target),
        (panel,),
        axis="values in the order of the graph, input to output",
        key=_key(points),
        tall=True,
    )


def _top_db(points: Sequence[Point]) -> float:
    highest = min(max(point.snr_db for point in points), MAX_DB)
    return max(2, -(-highest // STEP_DB)) * STEP_DB


def _x(index: int, count: int) -> float:
    return round(100 * (index + 0.5) / count, 2)


def _style(point: Point) -> str:
    return "integer" if point.kind in _INTEGER else "real"


def _summary(points: Sequence[Point], target: str) -> str:
    worst = min(points, key=lambda point: point.snr_db)
    return (
        f"Signal-to-noise ratio of {len(points)} values of {target}, in the order of the graph: from "
        f"{points[0].snr_db:.0f} dB at the first value to {points[-1].snr_db:.0f} dB at the last; the minimum is "
        f"{worst.snr_db:.1f} dB at {worst.name}. The table below has every number."
    )


def _float_regions(points: Sequence[Point]) -> Iterator[Shape]:
    """Shaded regions of values that an int8 model computes in float."""
    if not any(point.kind in _INTEGER for point in points):
        return
    start, width = 0, 100 / len(points)
    for integer, run in groupby(points, key=lambda point: point.kind in _INTEGER):
        length = len(list(run))
        if not integer:
            yield Shape("island", block(round(start * width, 2), round((start + length) * width, 2)))
        start += length


def _key(points: Sequence[Point]) -> tuple[tuple[str, str], ...]:
    """The marks' meaning, by the dtypes that there are."""
    shaded = any(point.kind in _INTEGER for point in points)
    kinds = sorted({(point.kind, _style(point)) for point in points})
    return tuple((style, f"{kind} (shaded)" if shaded and style == "real" else kind) for kind, style in kinds)
