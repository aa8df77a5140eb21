"""The page of an analysis, from its values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from edgeface.analysis import describe, describe_losses
from edgeface.analysis.effect import number
from edgeface.analysis.ranges import RangeUse
from edgeface.analysis.result import Analysis
from edgeface.contracts import Contract
from edgeface.core.description import Cell, Table, Tile, Verdict
from edgeface.report.chart import Chart
from edgeface.report.gallery import gallery
from edgeface.report.layers import layers
from edgeface.report.page import Bar, Gallery, Layers
from edgeface.report.plot import Point, plot_layers
from edgeface.report.render import render
from edgeface.report.watch import Watcher
from edgeface.tasks import task_of
from edgeface.version import __version__

RANGES = 14
"""So many ranges are drawn; the table has all."""


@dataclass(frozen=True)
class RangeRow:
    """A range as drawn: of the chosen and of the observed one, where it begins and how long it is, in percent."""

    name: str
    chosen: tuple[float, float]
    seen: tuple[float, float]
    note: str
    mark: Cell


@dataclass(frozen=True)
class AnalysisPage:
    """An analysis as a page, in reading order."""

    model: str
    target: str
    subtitle: str
    verdict: Verdict
    steps: tuple[str, ...]
    tiles: tuple[Tile, ...]
    scale: Table
    notes: tuple[str, ...]
    prices: str
    gains_title: str
    gains: tuple[Bar, ...]
    suggestions: Table
    recipe: str
    groups: Table
    corrections: Table
    alone: Chart | None
    alone_lead: str
    layers: Layers
    layers_table: Table
    ranges: tuple[RangeRow, ...]
    ranges_table: Table
    gallery: Gallery
    wrong_inputs: Table | None
    input_words: str
    version: str


def analysis_page(analysis: Analysis, watcher: Watcher) -> str:
    """The analysis as one HTML document.

    Args:
        analysis: the analysis.
        watcher: what was watched of its images.
    """
    contract, shape = analysis.contract, analysis.contract.input
    unit = "drift" if analysis.judged.effect.drift is not None else "dB"
    page = AnalysisPage(
        model=analysis.subject,
        target=analysis.target,
        subtitle=f"{contract.task}, variant {contract.variant}, {shape.height}×{shape.width}",
        verdict=analysis.headline.verdict,
        steps=analysis.headline.steps,
        tiles=describe.tiles(analysis),
        scale=describe_losses.noise_table(analysis),
        notes=tuple(describe.notes(analysis)),
        prices=analysis.prices,
        gains_title=f"Gain in {unit} of each part in float, and predicted time",
        gains=tuple(_gains(analysis)),
        suggestions=describe.suggestions_table(analysis),
        recipe=describe.recipe_lines(analysis),
        groups=describe.groups_table(analysis),
        corrections=describe.corrections_table(analysis),
        alone=_alone(analysis),
        alone_lead=_alone_lead(analysis),
        layers=layers(analysis.built, analysis.losses.layers),
        layers_table=describe_losses.layers_table(analysis),
        ranges=tuple(_range(use) for use in analysis.losses.ranges[:RANGES]),
        ranges_table=describe_losses.ranges_table(analysis),
        gallery=_gallery(analysis, watcher),
        wrong_inputs=describe_losses.wrong_inputs_table(analysis) if analysis.wrong_inputs else None,
        input_words=_input_words(contract),
        version=__version__,
    )
    return render("analysis.html", page=page)


def _gallery(analysis: Analysis, watcher: Watcher) -> Gallery:
    if not watcher.images:
        return Gallery("", missing="Left out: --no-photos was given.")
    return gallery(watcher, analysis.names, analysis.target)


def _gains(analysis: Analysis) -> Iterator[Bar]:
    """A bar for each part, as long as its gain by the largest."""
    found = analysis.remedies.groups
    worths = [each.gain.snr_db if each.gain.drift is None else each.gain.drift for each in found]
    longest = max([*worths, 1e-12])
    for each, worth in zip(found, worths, strict=True):
        gained = f"{worth:+.1f} dB" if each.gain.drift is None else describe.signed(-worth)
        error = "" if each.gain.error is None else f" ± {number(each.gain.error)}"
        share = round(max(0.0, 100 * worth / longest), 1)
        yield Bar(each.group.name, f"{gained}{error}, {describe.dearer(each.time)} time", share, each.gain.shown)


def _alone(analysis: Analysis) -> Chart | None:
    found = analysis.losses.alone
    points = [Point(each.name, each.snr_db if math.isfinite(each.snr_db) else 0.0, "int8") for each in found]
    return plot_layers(points, analysis.target, "Outputs with one layer alone in integers,") if points else None


def _alone_lead(analysis: Analysis) -> str:
    found = analysis.losses.alone
    if not found:
        return ""
    worst = min(found, key=lambda each: each.snr_db)
    parts = []
    if worst.weights_db is not None and worst.output_db is not None:
        parts.append(f" (its output only: {worst.output_db:.1f} dB, its weights only: {worst.weights_db:.1f} dB)")
    return (
        "What the network’s outputs keep if one layer only is in integers and all others stay in float. "
        f"The costliest is {worst.node}: {worst.snr_db:.1f} dB{''.join(parts)}."
    )


def _range(use: RangeUse) -> RangeRow:
    low, high = min(use.chosen[0], use.observed[0]), max(use.chosen[1], use.observed[1])
    span = max(high - low, 1e-12)

    def placed(ends: tuple[float, float]) -> tuple[float, float]:
        return round(100 * (ends[0] - low) / span, 2), round(100 * (ends[1] - ends[0]) / span, 2)

    clipped = f", {use.clipped:.2%} clipped" if use.clipped >= 5e-5 else ""
    left = "" if use.left is None else f", channels {use.left:.1f} ×"
    cut = f", {use.cut}" if use.cut else ""
    note = f"{use.own_db:.1f} dB, {use.bits:.1f} bits{clipped}{left}{cut}"
    return RangeRow(use.name, placed(use.chosen), placed(use.observed), note, describe_losses.range_mark(use))


def _input_words(contract: Contract) -> str:
    image = contract.input
    mean, scale = (", ".join(f"{number:.6g}" for number in numbers) for numbers in (image.mean, image.scale))
    fed = f"{image.color.upper()}, {image.height}×{image.width} pixels, minus {mean}, times {scale}"
    if task_of(contract).of_faces:
        return f"{fed}."
    placed = "stretched to all of it" if image.fit == "stretch" else "at the top left, padded with zeros after that"
    return f"{fed}; the image {placed}."
