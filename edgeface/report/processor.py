"""The description of what targets take on a class of processors, for the HTML report and the terminal alike."""

from __future__ import annotations

from collections.abc import Iterator

from edgeface.core.description import Mark, State, Table
from edgeface.core.prediction_record import Gate
from edgeface.core.processor_record import ProcessorRecord, TargetRecord
from edgeface.report.page import Prediction

_HEADER = ("target", "gate", "× onnx-fp32", "between", "ms", "kB", "why")
_GATES: dict[Gate, State] = {"passed": "good", "refused": "bad", "not judged": "unsure", "not built": "bad"}


def processor(record: ProcessorRecord) -> Prediction:
    """A record as plain values in reading order: the quickest first, then those of which no time is known."""
    timed = sorted((each for each in record.targets if each.took is not None), key=_ratio)
    table = Table(f"Targets on {record.title}, {record.basis}", _HEADER, tuple(map(_row, timed)), left=2)
    return Prediction(
        record.title,
        _sentence(record.why or f"No target is known to be quicker on {record.title}"),
        (table,) if timed else (),
        (_sentence(record.evidence), *_untimed(record)),
        measured=record.basis == "measured here",
    )


def _untimed(record: ProcessorRecord) -> Iterator[str]:
    """Why nothing is known of targets, each reason once."""
    reasons: dict[str, list[str]] = {}
    for each in record.targets:
        if each.took is None and each.why:
            reasons.setdefault(each.why, []).append(f"{each.target} ({each.gate})")
    yield from (_sentence(f"{', '.join(names)}: {why}") for why, names in reasons.items())


def _ratio(found: TargetRecord) -> float:
    assert found.took is not None
    return found.took.ratio


def _row(found: TargetRecord) -> tuple[str | Mark, ...]:
    took = found.took
    times = ("–", "–", "–") if took is None else (f"{took.ratio:.2f}", f"{took.low:.2f}–{took.high:.2f}", _ms(took.ms))
    size = "–" if found.model_bytes is None else f"{found.model_bytes / 1e3:.0f}"
    return (
        found.target,
        Mark(found.gate, _GATES[found.gate]),
        *times,
        size,
        "quickest" if found.chosen else found.why or "–",
    )


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _sentence(said: str) -> str:
    first = said[:1] if said.partition(" ")[0].count("-") else said[:1].upper()  # a target's name stays as it is
    return first + said[1:] + ("" if said.endswith(".") else ".")
