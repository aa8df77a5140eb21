"""The description of a prediction, for the HTML report and the terminal alike: a tile, tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edgeface.core.description import Mark, State, Table, Tile
from edgeface.core.prediction_record import CandidateRecord, Gate, Predicted, PredictionRecord
from edgeface.prediction.runtimes import RUNTIMES
from edgeface.report.page import Prediction

TITLES = {each.name: each.title for each in RUNTIMES}
NO_MEASUREMENT = "A prediction from counts on an emulated core, not a measurement"
_HEADER = ("runtime", "on", "expected ms", "range", "fitted", "per second", "most time in")
_GATES: dict[Gate, State] = {"passed": "good", "refused": "bad", "not judged": "unsure", "not built": "bad"}


def prediction(record: PredictionRecord | None) -> Prediction | None:
    """A record as plain values in reading order; None where nothing was asked for."""
    if record is None:
        return None
    return Prediction(
        record.title,
        _lead(record),
        tuple(_tables(record)),
        _sentences(each.evidence for each in record.predictions),
        _sentences(said for each in record.predictions for said in each.caveats),
        _tile(record),
    )


def runtime_words(found: Predicted) -> str:
    """The runtime and its version, e.g. "LiteRT 2.3.0"."""
    return f"{TITLES.get(found.runtime, found.runtime)} {found.version}".strip()


def range_words(found: Predicted) -> str:
    """The range in milliseconds, e.g. "26 (18–35) ms"."""
    return f"{_ms(found.expected_ms)} ({_ms(found.low_ms)}–{_ms(found.high_ms)}) ms"


def place_words(found: Predicted) -> str:
    """The cores, e.g. "A72×2"."""
    return f"{found.core.upper()}×{found.threads}"


def _lead(record: PredictionRecord) -> str:
    chosen = "" if record.why is None else f" {_sentence(record.why)}"
    if not record.predictions:
        missing = record.missing or "no runtime there reads this file"
        return f"Nothing was predicted for {record.title}: {missing}.{chosen}"
    first = record.predictions[0]
    said = (
        f"{NO_MEASUREMENT}: {runtime_words(first)} on {place_words(first)} takes about {range_words(first)} for one "
        f"inference, {first.fps:.0f} a second."
    )
    others = [f" {_compared(first, other)}" for other in record.predictions[1:]]
    return said + "".join(others) + chosen


def _compared(first: Predicted, other: Predicted) -> str:
    """By the fitted figures, which count both runtimes in the same way."""
    times = other.fitted_ms / first.fitted_ms
    return f"{runtime_words(other)} takes {times:.2f} × as long by the same counts."


def _tables(record: PredictionRecord) -> Iterator[Table]:
    if record.predictions:
        predicted = tuple(_row(each) for each in record.predictions)
        yield Table(f"Predicted on {record.title}: one inference", _HEADER, predicted, left=2)
    if record.candidates:
        considered = tuple(_candidate(each) for each in record.candidates)
        yield Table("Which target", ("target", "gate", "predicted ms", "in", "why"), considered, left=2)


def _sentences(said: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_sentence(each) for each in said if each))


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
        _ms(found.fitted_ms),
        f"{found.fps:.1f}",
        found.bound or "–",
    )


def _candidate(found: CandidateRecord) -> tuple[str | Mark, ...]:
    predicted = found.predicted
    return (
        found.target,
        Mark(found.gate, _GATES[found.gate]),
        "–" if predicted is None else range_words(predicted).removesuffix(" ms"),
        "–" if predicted is None else f"{runtime_words(predicted)}, {place_words(predicted)}",
        "chosen" if found.chosen else found.why or "–",
    )


def _ms(value: float) -> str:
    return f"{value:.3g}"


def _sentence(said: str) -> str:
    """A sentence with its first letter and its full stop."""
    said = said.strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?", "!")) else ".")
