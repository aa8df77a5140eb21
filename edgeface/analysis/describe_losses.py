"""The losses of an analysis as tables, the same for terminal and HTML."""

from __future__ import annotations

from edgeface.analysis.describe import drift, flips
from edgeface.analysis.ranges import RangeUse
from edgeface.analysis.result import Analysis
from edgeface.core.description import Cell, Mark, Table
from edgeface.validate.layerwise import BAD_DB

CLIPPED, FEW_BITS, UNEVEN = 1e-3, 5.0, 8.0
"""A range is marked where it clips so much, uses fewer bits, or its largest channel reaches so many times as far."""


def layers_table(analysis: Analysis) -> Table:
    """Each layer's error alone, and in the runtime after all layers before it, in the order of the graph."""
    rows = []
    for node, layer, alone in analysis.losses.by_layer:
        numbers = (None, None, None) if alone is None else (alone.snr_db, alone.output_db, alone.weights_db)
        own = "–" if layer is None else f"{layer.agreement.snr_db:.1f}"
        rows.append((node, own, *(_db(each) for each in numbers)))
    header = ("layer", "itself, in the runtime", "outputs: it alone", "its output only", "its weights only")
    return Table("Error of every layer in dB, in the order of the graph", header, tuple(rows))


def ranges_table(analysis: Analysis) -> Table:
    """How each range is used, the worst value first."""
    rows = tuple(_range_row(use) for use in analysis.losses.ranges)
    header = (
        *("value", "chosen", "on these images", "clipped", "bits used", "dB", "channels: largest by median"),
        *("left by equalization", ""),
    )
    return Table("Ranges, worst first", header, rows)


def wrong_inputs_table(analysis: Analysis) -> Table:
    """What the model finds where its input is prepared wrongly."""
    rows = tuple(
        (each.words, drift(each.effect.drift), flips(each.effect), f"{each.effect.snr_db:.1f}")
        for each in analysis.wrong_inputs
    )
    return Table("If the input were wrong", ("fed with", "drift", "other decisions", "worst output, dB"), rows)


def noise_table(analysis: Analysis) -> Table:
    """The model beside the float32 network itself on images that barely change."""
    own = (analysis.target, analysis.judged.effect)
    changed = [(f"fp32, {each.change.doing}", each.effect) for each in analysis.judged.noise]
    rows = tuple((words, drift(effect.drift), flips(effect)) for words, effect in (own, *changed))
    return Table("For scale", ("", "drift", "other decisions"), rows)


def _range_row(use: RangeUse) -> tuple[Cell, ...]:
    return (
        use.name,
        f"{use.chosen[0]:.3g} … {use.chosen[1]:.3g}",
        f"{use.observed[0]:.3g} … {use.observed[1]:.3g}",
        "0" if not use.clipped else f"{use.clipped:.2%}" if use.clipped >= 1e-4 else f"{use.clipped:.0e}",
        f"{use.bits:.1f}",
        f"{use.own_db:.1f}",
        "–" if use.imbalance is None else f"{use.imbalance:.1f} ×",
        "–" if use.left is None else f"{use.left:.1f} ×",
        range_mark(use),
    )


def range_mark(use: RangeUse) -> Cell:
    """What is wrong with a range; empty where nothing is."""
    if use.clipped > CLIPPED or (use.clipped > 0 and use.own_db < BAD_DB):
        return Mark("clips", "bad")
    if use.bits < FEW_BITS:
        return Mark("too wide", "unsure")
    return Mark("uneven", "unsure") if use.left is not None and use.left > UNEVEN else ""


def _db(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
