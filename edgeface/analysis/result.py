"""The result of an analysis, as values and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeface.analysis.alone import Alone
from edgeface.analysis.headline import Headline
from edgeface.analysis.parts import Judged, Losses, Remedies
from edgeface.analysis.symptoms import Symptom
from edgeface.analysis.wrong_inputs import WrongInput
from edgeface.compile.build import Built
from edgeface.contracts import Contract
from edgeface.validate.layerwise import Layer

FORMAT = 1


@dataclass(frozen=True)
class Analysis:
    """An analysis of a model for one target, in reading order.

    `drift` says what drift measures, `prices` where predicted times are from; `names` are the images' names, empty
    where unknown; `built` is the model that was built for the analysis.
    """

    subject: str
    target: str
    contract: Contract
    drift: str
    headline: Headline
    judged: Judged
    symptoms: tuple[Symptom, ...]
    losses: Losses
    remedies: Remedies
    wrong_inputs: tuple[WrongInput, ...]
    prices: str
    names: tuple[str, ...]
    built: Built

    def as_dict(self) -> dict[str, Any]:
        """For JSON; null where there is no number."""
        verdict, found = self.headline.verdict, self.remedies.best
        return {
            "format": FORMAT,
            "model": self.subject,
            "target": self.target,
            "task": self.contract.task,
            "headline": {
                "state": verdict.state,
                "what": verdict.headline,
                "where": verdict.meaning,
                "steps": list(self.headline.steps),
            },
            "drift_is": self.drift,
            "prices": self.prices,
            "judged": self.judged.as_dict(),
            "symptoms": [each.as_dict() for each in self.symptoms],
            "layers": [_layer(*each) for each in self.losses.by_layer],
            "layers_missing": self.losses.layers.missing,
            "groups": [each.as_dict() for each in self.remedies.groups],
            "suggestions": [each.as_dict() for each in self.remedies.suggestions],
            "suggested": None if found is None else found.as_dict(),
            "corrections": [each.as_dict() for each in self.remedies.corrections],
            "ranges": [each.as_dict() for each in self.losses.ranges],
            "wrong_inputs": [each.as_dict() for each in self.wrong_inputs],
        }


def _layer(node: str, layer: Layer | None, alone: Alone | None) -> dict[str, Any]:
    numbers = {
        "cumulative_db": None if layer is None else layer.agreement.as_dict()["snr_db"],
        "alone_db": None if alone is None else alone.snr_db,
        "output_alone_db": None if alone is None else alone.output_db,
        "weights_alone_db": None if alone is None else alone.weights_db,
    }
    name = alone.name if alone is not None else "" if layer is None else layer.name
    return {
        "name": name,
        "node": node,
        **{key: None if number is None else round(number, 2) for key, number in numbers.items()},
    }
