"""An analysis as tables, the same for terminal and HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from edgeface.analysis.effect import Effect, Gain, number
from edgeface.analysis.result import Analysis
from edgeface.core.description import Cell, Mark, Table, Tile


def tiles(analysis: Analysis) -> tuple[Tile, ...]:
    """The key figures."""
    judged, best = analysis.judged, analysis.remedies.best
    effect = judged.effect
    found = [Tile("worst output against fp32", f"{effect.snr_db:.1f} dB", f"on {judged.images} images")]
    if effect.drift is not None:
        found.insert(0, Tile("drift", drift(effect.drift), analysis.drift))
    if effect.flips is not None and effect.cases:
        found.insert(1, Tile("other decisions", f"{effect.flips} of {effect.cases}", "missed or extra faces"))
    if best is not None:
        names = ", ".join(group.name for group in best.groups)
        found.append(Tile(f"with {names} in float", drift(best.effect.drift), f"{dearer(best.time)} predicted time"))
    return tuple(found)


def notes(analysis: Analysis) -> Iterator[str]:
    """Remarks on what was analyzed."""
    judged = analysis.judged
    if not judged.same:
        yield (
            "The artifact could not be rebuilt byte for byte from these calibration images: its own file was judged "
            "and is shown in images. Parts, corrections, layers and ranges are of the rebuild, whose drift "
            f"is {'–' if judged.rebuilt.drift is None else number(judged.rebuilt.drift)}."
        )
    if analysis.integer_only:
        yield "Integers only were asked for: parts in float say where it is lost, and nothing is suggested of them."
    if judged.kind == "composed":
        yield "The images are composed of two sample photographs: they show how to use this, not how good it is."
    if judged.kind == "synthetic":
        yield "The images are synthetic and show no faces: pass --images with a folder of photographs."


def groups_table(analysis: Analysis) -> Table:
    """What each part loses in integers, and gains and costs in float; the largest gain first."""
    rows = tuple(
        (
            each.group.name,
            drift(each.alone.drift),
            f"{each.alone.snr_db:.1f}",
            drift(each.effect.drift),
            *_gained(each.gain),
            flips(each.effect),
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
            drift(each.effect.drift),
            *_gained(each.gain),
            flips(each.effect),
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


def recipe_lines(analysis: Analysis) -> str:
    """The lines of a recipe that keep the suggested parts in float; empty where none are, or a fault comes first."""
    best = analysis.remedies.best
    if best is None or any(symptom.spoils for symptom in analysis.symptoms):
        return ""
    reason = f"drift {drift(best.effect.drift)} instead of {drift(analysis.judged.rebuilt.drift)} (edgeface analyze)"
    lines = [f"{json.dumps(pattern)} = {json.dumps(reason)}" for pattern in best.patterns]
    return "\n".join(["[quantize.keep_float]", *lines])


def signed(value: float) -> str:
    """A change of drift."""
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(value))


def dearer(time: float) -> str:
    """How much longer a model takes, from its time as a multiple."""
    return f"{100 * (time - 1):+.1f} %".replace("-", "−")


def drift(value: float | None) -> str:
    """A drift as text."""
    return "–" if value is None else number(value)


def flips(effect: Effect) -> str:
    """Other decisions as text."""
    return "–" if effect.flips is None else f"{effect.flips} of {effect.cases}"


def _gained(gain: Gain | None) -> tuple[str, str, str]:
    """The gain, its standard error, and the dB gained."""
    if gain is None:
        return "–", "–", "–"
    error = "–" if gain.error is None else number(gain.error)
    return "–" if gain.drift is None else signed(gain.drift), error, f"{gain.snr_db:+.1f}".replace("-", "−")


def _without(effect: Effect | None, gain: Gain | None) -> tuple[str, ...]:
    return drift(None if effect is None else effect.drift), *_gained(gain)


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
