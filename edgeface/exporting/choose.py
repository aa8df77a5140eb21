"""The choice of a target for a board: the one with the least predicted time whose artifact passes the gate.

Candidates are judged in the order of their predicted times (`in_order`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Generic

from edgeface.core.prediction_record import CandidateRecord, Predicted
from edgeface.errors import GateError
from edgeface.exporting.in_order import Result, judge_in_order, quickest

CANDIDATES = ("tflite-int8", "ncnn-int8", "ncnn-bf16", "ncnn-fp32", "tflite-fp32", "onnx-int8")
"""The targets that an export for a board considers, where they exist; in this order without predictions."""

ALIKE = 1.1
"""Below this ratio of predicted times neither is called quicker: the fit is off by a tenth in one of ten networks."""


@dataclass(frozen=True)
class Candidate:
    """A target, and what is predicted of its model; `unbuilt` is why there is no model, `missing` why no prediction."""

    target: str
    predicted: Predicted | None = None
    unbuilt: str | None = None
    missing: str | None = None


@dataclass(frozen=True)
class Choice(Generic[Result]):
    """What was chosen: the target's name, what its judging gave, every candidate's record, and the reason."""

    target: str
    result: Result
    candidates: tuple[CandidateRecord, ...]
    why: str


def choose(
    candidates: Sequence[Candidate], judge: Callable[[str], tuple[Result, Predicted | None]], board: str
) -> Choice[Result]:
    """The choice among candidates.

    Args:
        candidates: in the order in which they are tried where nothing is predicted.
        judge: judges the model of a target; what was written, and what is predicted of it, which a repair may change.
        board: its title, for sentences.

    Raises:
        GateError: no candidate passes the gate; those that failed are named.
    """
    records = {each.target: _record(each) for each in candidates}
    predictions: dict[str, Predicted | None] = {}

    def timed(target: str) -> tuple[Result, float]:
        result, predictions[target] = judge(target)
        return result, _ms(predictions[target])

    outcomes = judge_in_order({each.target: _ms(each.predicted) for each in candidates if each.unbuilt is None}, timed)
    for name, outcome in outcomes.items():
        told = {"gate": outcome.gate, "why": outcome.why}
        records[name] = records[name].model_copy(
            update=told | ({"predicted": predictions[name]} if outcome.gate == "passed" else {})
        )
    best = quickest(outcomes)
    if best is None:
        raise none_passes([(each.target, each.gate, each.why) for each in records.values()], board)
    result = outcomes[best].result
    assert result is not None
    explained = tuple(_explained(each, records[best]) for each in records.values())
    return Choice(best, result, explained, _why(records[best], explained, board))


def _record(candidate: Candidate) -> CandidateRecord:
    built = candidate.unbuilt is None
    return CandidateRecord(
        target=candidate.target,
        gate="not judged" if built else "not built",
        why=candidate.unbuilt or ("" if candidate.missing is None else f"no prediction: {candidate.missing}"),
        predicted=candidate.predicted,
    )


def _ms(predicted: Predicted | None) -> float:
    """Expected milliseconds; without a prediction more than any."""
    return inf if predicted is None else predicted.expected_ms


def _time(record: CandidateRecord) -> float:
    return _ms(record.predicted)


def _explained(record: CandidateRecord, best: CandidateRecord) -> CandidateRecord:
    """A record with the reason for its not being chosen, if it was not refused."""
    if record.target == best.target:
        return record.model_copy(update={"chosen": True})
    if record.gate == "not judged" and record.predicted is None:
        return record.model_copy(update={"why": record.why or "no prediction"})
    if record.gate in {"not judged", "passed"}:
        return record.model_copy(update={"why": f"predicted {_time(record) / _time(best):.2f} × as long"})
    return record


def _why(best: CandidateRecord, records: Sequence[CandidateRecord], board: str) -> str:
    if best.predicted is None:
        return f"{best.target} is the first of the candidates that passes the gate; no times were predicted"
    built = [each for each in records if each.predicted is not None]
    said = f"of {len(built)} targets that were predicted, {best.target} is the quickest on {board} that passes the gate"
    if len(built) == 1:
        said = f"{best.target} is the only target that was predicted"
    lacking = [each.target for each in records if each.gate == "not judged" and each.predicted is None]
    if lacking:
        said += f" ({' and '.join(lacking)} could not be predicted)"
    near = [
        each.target
        for each in records
        if not each.chosen and each.gate in {"not judged", "passed"} and _time(each) <= ALIKE * _time(best)
    ]
    if not near:
        return said
    return f"{said}; {' and '.join(near)} {'are' if len(near) > 1 else 'is'} as quick within what a prediction can tell"


def none_passes(judged: Iterable[tuple[str, str, str]], board: str) -> GateError:
    """The error that no candidate is good enough: their names, gates and reasons."""
    return GateError(
        f"no target for {board} is good enough",
        where="; ".join(f"{target} ({gate}): {why}" for target, gate, why in judged),
        fix="name one with --target to see its repair and its report (--refused-report)",
    )
