"""Everything that `edgeface predict` says of some models on a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgeface.devices.table import profile
from edgeface.errors import EdgefaceError, InputError, RuntimeFailure
from edgeface.prediction.break_down import by_operator, by_stage, count_ahead
from edgeface.prediction.breakdown import Breakdown
from edgeface.prediction.known import choose_latencies, counted_on, latencies
from edgeface.prediction.predict import predict_each
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.runtimes import board_runtimes
from edgeface.prediction.ship import Choice, ship
from edgeface.prediction.subject import subject_of
from edgeface.reading.existing import refuse_missing

EACH = "all"


@dataclass(frozen=True)
class Question:
    """What is asked, as the options of `edgeface predict`: None takes each, but of the cores the fastest."""

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
        breakdowns: of the chosen one on as few cores as asked: by stage, and by operator if that was asked.
        refused: why a runtime does not run a model, by both.
        unparted: why there is no breakdown; None where there is one.
    """

    device: str
    predictions: tuple[Prediction, ...]
    choice: Choice
    breakdowns: tuple[Breakdown, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    unparted: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "device": self.device,
            "predictions": [each.as_dict() for each in self.predictions],
            "ship": self.choice.as_dict(),
            "breakdowns": [each.as_dict() for each in self.breakdowns],
            "refused": dict(self.refused),
            "unparted": self.unparted,
        }


def answer(question: Question) -> Answer:
    """The answer to a question.

    Raises:
        InputError: as `predict`; or operators are asked for, and the model cannot be taken apart.
        RuntimeFailure: as `predict`.
    """
    core = question.core or latencies(question.device)[0].core
    refuse_missing({"MODELS": question.models})
    asked = question.runtime, None if core == EACH else core, question.threads
    found: list[Prediction] = []
    refused: dict[str, str] = {}
    for model in question.models:
        file = subject_of(model).file
        runtime = board_runtimes(file, question.runtime)[0]
        for first in choose_latencies(question.device, *asked[1:])[:1]:
            if first.tells_of(runtime.name):
                count_ahead(file, runtime, counted_on(question.device, first.counted_core), question.layers)
        predictions, reasons = predict_each(model, question.device, *asked)
        found += predictions
        refused |= {f"{name} with {model}": why for name, why in reasons.items()}
    choice = ship(found)
    alone = min((each for each in found if _same(each, choice.prediction)), key=lambda each: each.threads)
    breakdowns, unparted = _broken_down(alone, question.layers)
    return Answer(profile(question.device).title, tuple(found), choice, breakdowns, refused, unparted)


def _broken_down(prediction: Prediction, layers: bool) -> tuple[tuple[Breakdown, ...], str | None]:
    """By stage, and by operator if that is asked; that a model has no parts is an error only if they are asked for."""
    try:
        stages = by_stage(prediction)
    except (InputError, RuntimeFailure) as error:
        if layers:
            raise
        return (), _short(error)
    return (stages, by_operator(prediction)) if layers else (stages,), None


def _short(error: EdgefaceError) -> str:
    return error.what if error.where is None else f"{error.what} ({error.where})"


def _same(one: Prediction, other: Prediction) -> bool:
    return (one.model, one.runtime, one.core) == (other.model, other.runtime, other.core)
