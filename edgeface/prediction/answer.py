"""Everything that `edgeface predict` says of some models on a board."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.devices.table import profile
from edgeface.prediction.break_down import by_operator, by_stage
from edgeface.prediction.breakdown import Breakdown
from edgeface.prediction.fits import fits_of
from edgeface.prediction.predict import predict_all
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.ship import Choice, ship

EACH = "all"


@dataclass(frozen=True)
class Question:
    """What is asked: as the options of `edgeface predict`; None takes each, but of the cores the fastest."""

    models: tuple[Path, ...]
    device: str
    runtime: str | None = None
    core: str | None = None
    threads: int | None = None
    layers: bool = False


@dataclass(frozen=True)
class Answer:
    """Predictions of each model, the one to ship, and where its time goes.

    Attributes:
        device: the board's title.
        predictions: by model, runtime and cores.
        choice: of all of them.
        breakdowns: of the chosen one on one core: by stage, and by operator if that was asked.
    """

    device: str
    predictions: tuple[Prediction, ...]
    choice: Choice
    breakdowns: tuple[Breakdown, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "device": self.device,
            "predictions": [each.as_dict() for each in self.predictions],
            "ship": self.choice.as_dict(),
            "breakdowns": [each.as_dict() for each in self.breakdowns],
        }


def answer(question: Question) -> Answer:
    """The answer to a question.

    Raises:
        InputError, RuntimeFailure: as `predict`.
    """
    core = question.core or fits_of(question.device)[0].core
    asked = question.runtime, None if core == EACH else core, question.threads
    found = tuple(each for model in question.models for each in predict_all(model, question.device, *asked))
    choice = ship(found)
    chosen = choice.prediction
    alone = min((each for each in found if _same(each, chosen)), key=lambda each: each.threads)
    breakdowns = [by_stage(alone), *([by_operator(alone)] if question.layers else [])]
    return Answer(profile(question.device).title, found, choice, tuple(breakdowns))


def _same(one: Prediction, other: Prediction) -> bool:
    return (one.model, one.runtime, one.core) == (other.model, other.runtime, other.core)
