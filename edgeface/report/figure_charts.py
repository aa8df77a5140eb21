"""Histograms of one figure for each image: a recognizer's cosines, other networks' errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeface.report.chart import Chart
from edgeface.report.histogram import Group, Row, Words, histogram
from edgeface.report.seen import SeenImage


def figure_charts(images: Sequence[SeenImage], title: str, axis: str, target: str) -> Iterator[Chart]:
    """The chart of the images' figures; none where there are fewer than two."""
    values = [image.figure for image in images if image.figure is not None]
    if len(values) < 2:
        return
    mean = sum(values) / len(values)
    summary = f"{title}: of {len(values)}, mean {mean:.4f}, from {min(values):.4f} to {max(values):.4f}."
    chart = histogram(Words(title, axis, summary), (Row("", (Group("own", target, values),), ((mean, "mean"),)),))
    if chart is not None:
        yield chart
