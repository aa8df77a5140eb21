"""Which of several predictions to ship, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.prediction.prediction import Prediction


@dataclass(frozen=True)
class Choice:
    """The prediction to ship, and a sentence that says why."""

    prediction: Prediction
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = self.prediction
        chosen = {"model": str(found.model), "runtime": found.runtime, "core": found.core, "threads": found.threads}
        return {**chosen, "expected_ms": found.expected_ms, "reason": self.reason}


def ship(predictions: Sequence[Prediction]) -> Choice:
    """The prediction with the least expected milliseconds; of equal ones the first.

    The sentence compares it with the best of another runtime or model on the same cores, and says whether their ranges
    overlap.

    Args:
        predictions: at least one, of one board.
    """
    best = min(predictions, key=lambda each: each.expected_ms)
    others = [each for each in predictions if each.cores == best.cores and _what(each) != _what(best)]
    if not others:
        return Choice(
            best, f"{best.expected_ms:.0f} ms expected on {best.cores}; nothing else that was asked for runs this model"
        )
    second = min(others, key=lambda each: each.expected_ms)
    ratios = sorted((second.expected_ms / best.expected_ms, second.fitted_ms / best.fitted_ms))
    times = " to ".join(dict.fromkeys(f"{ratio:.2f}" for ratio in ratios))
    named = second.runtime if second.title == best.title else f"{second.runtime} with {second.title}"
    ranges = "do not overlap" if best.high_ms < second.low_ms else "overlap: measure both if it matters"
    reason = (
        f"{best.expected_ms:.0f} ms expected on {best.cores}, {named} takes {times} times as long "
        f"({second.expected_ms:.0f} ms expected); the ranges {ranges}"
    )
    return Choice(best, reason)


def _what(prediction: Prediction) -> tuple[str, str]:
    return str(prediction.model), prediction.runtime
