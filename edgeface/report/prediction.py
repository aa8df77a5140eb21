"""The description of a prediction, for the HTML report and the terminal alike: a tile, tables and sentences."""

from __future__ import annotations

from edgeface.core.description import Mark, State, Table, Tile
from edgeface.core.prediction_record import CandidateRecord, Gate, Predicted, PredictionRecord
from edgeface.report.page import Prediction

TITLES = {"litert": "LiteRT", "tflite-runtime": "tflite-runtime", "ort": "ONNX Runtime", "ncnn": "ncnn"}
NO_MEASUREMENT = "A prediction from counts on an emulated core, not a measurement"
_HEADER = ("runtime", "on", "expected ms", "from pipe bound to fitted", "per second", "bound by")
_GATES: dict[Gate, State] = {"passed": "good", "refused": "bad", "not judged": "unsure", "not built": "bad"}


def prediction(record: PredictionRecord | None) -> Prediction | None:
    """A record as plain values in reading order; None where nothing was asked for."""
    if record is None:
        return None
    tables = []
    if record.predictions:
        rows = tuple(_row(each) for each in record.predictions)
        tables.append(Table(f"Predicted on {record.title}: one inference", _HEADER, rows, left=2))
    if record.candidates:
        rows = tuple(_candidate(each) for each in record.candidates)
        tables.append(Table("Which target", ("target", "gate", "runtime", "predicted ms", "why"), rows, left=3))
    return Prediction(record.title, _lead(record), tuple(tables), _notes(record), _tile(record))


def runtime_words(found: Predicted) -> str:
    """The runtime and its version, e.g. "LiteRT 2.3.0"."""
    return f"{TITLES.get(found.runtime, found.runtime)} {found.version}".strip()


def range_words(found: Predicted) -> str:
    """The range in milliseconds, e.g. "26 (18–35) ms"."""
    return f"{_ms(found.expected_ms)} ({_ms(found.low_ms)}–{_ms(found.high_ms)}) ms"


def place_words(found: Predicted) -> str:
    """The cores, e.g. "2 × A72"."""
    return f"{found.threads} × {found.core.upper()}"


def _lead(record: PredictionRecord) -> str:
    if not record.predictions:
        return f"Nothing was predicted for {record.title}: {record.missing or 'no runtime there reads this file'}."
    first = record.predictions[0]
    said = (
        f"{NO_MEASUREMENT}: {runtime_words(first)} on {place_words(first)} takes about {range_words(first)} for one "
        f"inference, {first.fps:.0f} a second."
    )
    others = [f" {_compared(first, other)}" for other in record.predictions[1:]]
    return said + "".join(others) + ("" if record.why is None else f" {_sentence(record.why)}")


def _compared(first: Predicted, other: Predicted) -> str:
    """By the fitted figures, which count both runtimes in the same way."""
    times = other.high_ms / first.high_ms
    return f"{runtime_words(other)} takes {times:.2f} × as long by the same counts."


def _notes(record: PredictionRecord) -> tuple[str, ...]:
    notes = []
    for each in record.predictions:
        notes += [_sentence(said) for said in (each.evidence, *each.caveats) if said]
    if record.why is not None and not record.predictions:
        notes.append(_sentence(record.why))
    return tuple(dict.fromkeys(notes))


def _tile(record: PredictionRecord) -> Tile | None:
    if not record.predictions:
        return None
    first = record.predictions[0]
    where = f"{runtime_words(first)}, {place_words(first)}"
    figure = f"{_ms(first.expected_ms)} ms"
    return Tile(
        f"predicted on {record.title}", figure, f"{_ms(first.low_ms)}–{_ms(first.high_ms)} ms, {where}; not measured"
    )


def _row(found: Predicted) -> tuple[str, ...]:
    bounds = f"{_ms(found.low_ms)}–{_ms(found.high_ms)}"
    return (
        runtime_words(found),
        place_words(found),
        _ms(found.expected_ms),
        bounds,
        f"{found.fps:.1f}",
        found.bound or "–",
    )


def _candidate(found: CandidateRecord) -> tuple[str | Mark, ...]:
    predicted = found.predicted
    return (
        found.target,
        Mark(found.gate, _GATES[found.gate]),
        "–" if predicted is None else f"{runtime_words(predicted)}, {place_words(predicted)}",
        "–" if predicted is None else range_words(predicted).removesuffix(" ms"),
        "chosen" if found.chosen else found.why or "–",
    )


def _ms(value: float) -> str:
    return f"{value:.3g}"


def _sentence(said: str) -> str:
    """A sentence with its first letter and its full stop."""
    said = said.strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?", "!")) else ".")
