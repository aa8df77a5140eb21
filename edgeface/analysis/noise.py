"""The scale for drift: how far the float32 network's own decisions move if an image barely changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeface.analysis.effect import Effect
from edgeface.analysis.panel import Panel
from edgeface.core.progress import track
from edgeface.images.perturb import Perturbation
from edgeface.validate.reference import Network


@dataclass(frozen=True)
class OwnNoise:
    """A change of the images, and what it does to the float32 network itself."""

    change: Perturbation
    effect: Effect

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"change": self.change.name, "effect": self.effect.as_dict()}


def own_noise(panel: Panel, network: Network) -> list[OwnNoise]:
    """What each change of the task's does to a float32 network, the mildest change first; empty for synthetic images.

    Where a change moves the picture, only decisions are compared, moved back.
    """
    if panel.kind == "synthetic":
        return []
    return [
        OwnNoise(change, _effect(panel, network, change)) for change in track(panel.task.noises, "fp32's own noise")
    ]


def milder_than(found: Sequence[OwnNoise], effect: Effect) -> OwnNoise | None:
    """The mildest change that moves decisions further than a model does; None where none does."""
    drift = effect.drift
    return next((e for e in found if drift is not None and e.effect.drift is not None and e.effect.drift > drift), None)


def _effect(panel: Panel, network: Network, change: Perturbation) -> Effect:
    task, contract = panel.task, panel.contract
    agreements, drifts = [], []
    for number, each in enumerate(panel.seen):
        view = task.perturbed(each.view, contract, change, number)
        outputs = network({contract.input.name: view.tensor})
        agreements.append(task.agree(each.decided, task.decide(outputs, contract, view)))
        if not change.moved_px:
            drifts.append(task.drift(each.wanted, outputs, contract))
    return Effect({}, tuple(agreements), tuple(drifts))
