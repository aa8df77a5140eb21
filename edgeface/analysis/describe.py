"""An analysis as tables, the same for terminal and HTML."""

from __future__ import annotations

import json

from edgeface.analysis.effect import Effect, Gain, number
from edgeface.analysis.ranges import RangeUse
from edgeface.analysis.result import Analysis
from edgeface.core.description import Cell, Mark, Table, Tile
from edgeface.validate.layerwise import BAD_DB

CLIPPED, FEW_BITS, UNEVEN = 1e-3, 5.0, 8.0
"""A range is marked where it clips so much, uses fewer bits, or its largest channel reaches so many times as far."""


def tiles(analysis: Analysis) -> tuple[Tile, ...]:
    """The key figures."""
    judged, best = analysis.judged, analysis.remedies.best
    effect = judged.effect
    found = [Tile("worst output against fp32", f"{effect.snr_db:.1f} dB", f"on {judged.images} images")]
    if effect.drift is not None:
        found.insert(0, Tile("drift", _drift(effect.drift), analysis.drift))
    if effect.flips is not None and effect.cases:
        found.insert(1, Tile("other decisions", f"{effect.flips} of {effect.cases}", "missed or extra faces"))
    if best is not None:
        names = ", ".join(group.name for group in best.groups)
        found.append(Tile(f"with {names} in float", _drift(best.effect.drift), f"{dearer(best.time)} predicted time"))
    return tuple(found)


def groups_table(analysis: Analysis) -> Table:
    """What each part loses in integers, and gains and costs in float; the largest gain first."""
    rows = tuple(
        (
            each.group.name,
            _drift(each.alone.drift),
            f"{each.alone.snr_db:.1f}",
            _drift(each.effect.drift),
            *_gained(each.gain),
            _flips(each.effect),
            dearer(each.time),
        )
        for each in analysis.remedies.groups
    )
    header = (
        *("part", "alone in integers: drift", "dB", "alone in float: drift", "gain", "±", "dB gained"),
        *("other decisions", "time"),
    )
    return Table("Each part of the network", header, rows)


def suggestions_table(analysis: Analysis) -> Table:
    """The best parts together."""
    rows = tuple(
        (
            ", ".join(group.name for group in each.groups),
            _drift(each.effect.drift),
            *_gained(each.gain),
            _flips(each.effect),
            dearer(each.time),
            _suggested(each is analysis.remedies.best, each.gain),
        )
        for each in analysis.remedies.suggestions
    )
    header = ("in float together", "drift", "gain", "±", "dB gained", "other decisions", "time", "")
    return Table("The best parts together, built again as the recipe would", header, rows)


def corrections_table(analysis: Analysis) -> Table:
    """What each correction gains over its absence."""
    rows = tuple(
        (each.name, *_without(each.effect, each.gain), each.missing or _correction(each.gain))
        for each in analysis.remedies.corrections
    )
    header = ("correction", "drift without it", "gains", "±", "dB gained", "")
    return Table("Each correction left out in turn", header, rows)


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
        (each.words, _drift(each.effect.drift), _flips(each.effect), f"{each.effect.snr_db:.1f}")
        for each in analysis.wrong_inputs
    )
    return Table("If the input were wrong", ("fed with", "drift", "other decisions", "worst output, dB"), rows)


def noise_table(analysis: Analysis) -> Table:
    """The model beside the float32 network itself on images that barely change."""
    own = (analysis.target, analysis.judged.effect)
    changed = [(f"fp32, {each.change.doing}", each.effect) for each in analysis.judged.noise]
    rows = tuple((words, _drift(effect.drift), _flips(effect)) for words, effect in (own, *changed))
    return Table("For scale", ("", "drift", "other decisions"), rows)


def recipe_lines(analysis: Analysis) -> str:
    """The lines of a recipe that keep the suggested parts in float; empty where none are suggested."""
    best = analysis.remedies.best
    if best is None:
        return ""
    reason = f"drift {_drift(best.effect.drift)} instead of {_drift(analysis.judged.rebuilt.drift)} (edgeface analyze)"
    lines = [f"{json.dumps(pattern)} = {json.dumps(reason)}" for pattern in best.patterns]
    return "\n".join(["[quantize.keep_float]", *lines])


def signed(value: float) -> str:
    """A change of drift."""
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(value))


def dearer(time: float) -> str:
    """How much longer a model takes, from its time as a multiple."""
    return f"{100 * (time - 1):+.1f} %".replace("-", "−")


def _drift(value: float | None) -> str:
    return "–" if value is None else number(value)


def _db(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _flips(effect: Effect) -> str:
    return "–" if effect.flips is None else f"{effect.flips} of {effect.cases}"


def _gained(gain: Gain | None) -> tuple[str, str, str]:
    """The gain, its standard error, and the dB gained."""
    if gain is None:
        return "–", "–", "–"
    error = "–" if gain.error is None else number(gain.error)
    return "–" if gain.drift is None else signed(gain.drift), error, f"{gain.snr_db:+.1f}".replace("-", "−")


def _without(effect: Effect | None, gain: Gain | None) -> tuple[str, ...]:
    return _drift(None if effect is None else effect.drift), *_gained(gain)


def _suggested(suggested: bool, gain: Gain) -> Cell:
    if suggested:
        return Mark("suggested", "good")
    return "" if gain.shown else Mark("not shown", "unsure")


def _correction(gain: Gain | None) -> Cell:
    if gain is None or gain.drift is None or gain.error is None:
        return ""
    if gain.shown:
        return Mark("helps", "good")
    return Mark("harms", "bad") if gain.harms else Mark("not shown", "unsure")


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
