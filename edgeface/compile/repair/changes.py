"""Changes of a recipe's [quantize] that a repair may try: corrections first, then precision by node group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from edgeface.compile.repair.groups import NodeGroup
from edgeface.quantize.algorithms import algorithms
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.settings import AskedPrecision, QuantizeSettings


@dataclass(frozen=True)
class Correction:
    """A way to choose scales or weights better, which costs no time where the model runs.

    Attributes:
        algorithm: its module name in `quantize.algorithms`; a version without it skips the correction.
        method: of ranges, if it chooses them; else it is added to the recipe's algorithms.
        before: names of algorithms that it must run before.
        slow: whether it takes minutes, so that only `--effort max` tries it.
        least_gain: the share of the variance that it has to remove: one that fits weights to the very images that
            measure it has to show more.
    """

    algorithm: str
    ranges: bool = False
    before: tuple[str, ...] = ()
    slow: bool = False
    least_gain: float = 0.02


CORRECTIONS = (
    Correction("bias_correction", least_gain=0.1),
    Correction("weight_clipping", before=("second_moment_rounding",)),
    Correction("output_error", ranges=True),
    Correction("mse", ranges=True),
    Correction("input_aware_rounding", slow=True, least_gain=0.1),
    Correction("learned_rounding", slow=True, least_gain=0.1),
)
"""What is tried, in this order. A new correction is one line here."""


@dataclass(frozen=True)
class Change:
    """One change of the settings, by a name that a person understands; see `Correction` for the gain it has to show."""

    name: str
    apply: Callable[[QuantizeSettings], QuantizeSettings]
    least_gain: float


def corrections(settings: QuantizeSettings, tried: Iterable[Correction], slow: bool) -> Iterator[Change]:
    """The corrections that this version has and the settings do not; with `slow`, those that take minutes too."""
    known = algorithms()
    for each in tried:
        if each.algorithm not in known or (each.slow and not slow):
            continue
        if each.ranges and settings.ranges.method != each.algorithm:
            yield Change(f"ranges by {_words(each.algorithm)}", _ranges_by(each.algorithm), each.least_gain)
        elif not each.ranges and each.algorithm not in settings.algorithms:
            yield Change(_words(each.algorithm), _with_algorithm(each), each.least_gain)


def in_float(settings: QuantizeSettings, groups: list[NodeGroup], reason: str) -> QuantizeSettings:
    """The settings with groups of nodes in float32, whatever they stated about these nodes."""
    patterns = [pattern for group in groups for pattern in group.patterns]
    if settings.precision:  # its patterns take precedence over keep_float, the last one over all
        others = {name: asked for name, asked in settings.precision.items() if name not in patterns}
        added = {pattern: AskedPrecision(dtype="float32", reason=reason) for pattern in patterns}
        return _changed(settings, precision={**others, **added})
    integers = {
        targets: {name: why for name, why in reasons.items() if name not in patterns}
        for targets, reasons in settings.integers.items()
    }
    kept = {**settings.keep_float, **dict.fromkeys(patterns, reason)}
    return _changed(settings, keep_float=kept, integers=integers)


def _ranges_by(method: str) -> Callable[[QuantizeSettings], QuantizeSettings]:
    def apply(settings: QuantizeSettings) -> QuantizeSettings:
        return _changed(settings, ranges=RangeRule(method, headroom=settings.ranges.headroom))

    return apply


def _with_algorithm(correction: Correction) -> Callable[[QuantizeSettings], QuantizeSettings]:
    def apply(settings: QuantizeSettings) -> QuantizeSettings:
        listed = settings.algorithms
        places = [listed.index(name) for name in correction.before if name in listed]
        place = min(places, default=len(listed))
        return _changed(settings, algorithms=(*listed[:place], correction.algorithm, *listed[place:]))

    return apply


def _changed(settings: QuantizeSettings, **fields: object) -> QuantizeSettings:
    """The settings with other fields, validated again."""
    kept = {name: getattr(settings, name) for name in type(settings).model_fields}
    return QuantizeSettings(**{**kept, **fields})


def _words(name: str) -> str:
    return name.replace("_", " ")
