"""The analysis in words: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgeface.analysis.effect import Effect, number
from edgeface.analysis.fallbacks import Suggestion
from edgeface.analysis.noise import milder_than
from edgeface.analysis.parts import Judged, Losses, Remedies
from edgeface.analysis.symptoms import Symptom
from edgeface.core.description import State, Verdict


@dataclass(frozen=True)
class Known:
    """What the headline is told from.

    Attributes:
        target: the artifact's target.
        drift: what drift measures, in words.
        judged: how the model does.
        symptoms: what is wrong besides precision.
        remedies, losses: what helps, and where it is lost.
    """

    target: str
    drift: str
    judged: Judged
    symptoms: tuple[Symptom, ...]
    remedies: Remedies
    losses: Losses

    @property
    def effect(self) -> Effect:
        """The model's effect on decisions."""
        return self.judged.effect


@dataclass(frozen=True)
class Headline:
    """A verdict, and what to do, most useful first."""

    verdict: Verdict
    steps: tuple[str, ...]


def headline(known: Known) -> Headline:
    """What is wrong, where, and what to do."""
    return Headline(Verdict(_state(known), _what(known), " ".join(_where(known))), tuple(_steps(known)))


def _state(known: Known) -> State:
    if known.effect.broken or known.judged.missed or any(each.kind == "dead-output" for each in known.symptoms):
        return "bad"
    return "unsure" if known.symptoms or known.effect.drift is None else "good"


def _what(known: Known) -> str:
    if known.symptoms:
        return {
            "no-faces": "These images show no faces to the float32 network",
            "contract": "The input is not what the network was trained with",
            "dead-output": "The model computes nothing of use",
            "input-range": "The input's integers do not hold the image",
            "calibration": "It was calibrated with images unlike these",
            "ranges": "The ranges do not fit these images",
        }[known.symptoms[0].kind]
    if known.effect.drift is None:
        return "Only the numbers were compared, no decisions"
    if known.effect.broken:
        return f"{known.target} loses most of what fp32 finds"
    if known.judged.missed:
        return f"{known.target} misses its gate on these images"
    return "Nothing is broken"


def _where(known: Known) -> Iterator[str]:
    for symptom in known.symptoms:
        yield f"{_sentence(symptom.words)}."
    yield _judged(known)
    yield from _scale(known)
    if known.judged.missed:
        yield f"Missed: {'; '.join(known.judged.missed)}."
    best_one = known.remedies.best
    if best_one is not None and known.judged.rebuilt.drift:
        share = (best_one.gain.drift or 0.0) / known.judged.rebuilt.drift
        names = _listed([group.name for group in best_one.groups])
        part = "Most" if share > 0.5 else f"{100 * share:.0f} %"
        of_it = "" if known.judged.same else " that is left after calibrating again"
        yield f"{part} of the drift{of_it} comes from {names}."
    elif known.effect.drift is not None and not known.effect.broken:
        yield "No part stands out: none in float gains more than these images could show by chance."
    if known.losses.alone:
        worst = min(known.losses.alone, key=lambda each: each.snr_db)
        yield f"Alone, {worst.node} costs the outputs most: {worst.snr_db:.1f} dB are left."


def _scale(known: Known) -> Iterator[str]:
    """What the drift is worth: the mildest change of an image that moves decisions further."""
    found = milder_than(known.judged.noise, known.effect)
    if found is not None:
        yield f"It moves decisions less than {found.change.doing} moves those of fp32 itself."
    elif known.judged.noise and known.effect.drift is not None:
        yield "It moves decisions further than any change of an image that no eye sees moves those of fp32 itself."


def _judged(known: Known) -> str:
    effect = known.effect
    if effect.drift is None:
        return f"Its worst output has {effect.snr_db:.1f} dB against fp32."
    flips = "" if effect.flips is None else f", {effect.flips} of {effect.cases} decisions differ"
    return f"On {len(effect.agreements)} images: {known.drift} {number(effect.drift)}{flips}; the worst output has " + (
        f"{effect.snr_db:.1f} dB."
    )


def _steps(known: Known) -> Iterator[str]:
    for symptom in known.symptoms:
        yield f"{_sentence(symptom.fix)}."
    for each in known.remedies.corrections:
        if each.gain is not None and each.gain.harms:
            yield f"Leave out {each.name}: without it, drift falls by {number(abs(each.gain.drift or 0.0))}."
    found = known.remedies.best
    if found is not None and known.effect.drift is not None:
        names = _listed([group.name for group in found.groups])
        yield (
            f"Keep {names} in float: {known.drift} {_number(found.effect.drift)} instead of "
            f"{_number((found.effect.drift or 0.0) + (found.gain.drift or 0.0))}"
            f"{_flips(found)}, for {100 * (found.time - 1):+.0f} % predicted time. The recipe's lines are below."
        )
    if known.effect.broken and found is None and not known.symptoms:
        yield "Start at the first value below whose error falls off: everything after it inherits that error."


def _flips(found: Suggestion) -> str:
    flips = found.effect.flips
    return "" if flips is None else f", {flips} other decision{'' if flips == 1 else 's'}"


def _number(value: float | None) -> str:
    return "–" if value is None else number(value)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
