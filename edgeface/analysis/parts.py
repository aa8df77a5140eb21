"""The parts of an analysis: how a model does, where it loses, and what helps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from edgeface.analysis.alone import Alone
from edgeface.analysis.corrections import Without
from edgeface.analysis.effect import Effect
from edgeface.analysis.fallbacks import Fallback, Suggestion
from edgeface.analysis.noise import OwnNoise
from edgeface.analysis.ranges import RangeUse
from edgeface.compile.layers import LayerErrors
from edgeface.core.certificate import Evidence
from edgeface.validate.layerwise import Layer

ENOUGH = 0.8
"""The fewest parts in float that gain so much of what the most gains are suggested."""


@dataclass(frozen=True)
class Judged:
    """How the model does on the images.

    Attributes:
        effect: of the model itself; of an artifact, its own file.
        rebuilt: of the model that was built for the analysis.
        same: whether both are the same, byte for byte.
        images: their number.
        kind: what they are.
        missed: requirements of the gate that they show to be missed, in words.
        noise: how far the float32 network's own decisions move if the images barely change.
    """

    effect: Effect
    rebuilt: Effect
    same: bool
    images: int
    kind: Evidence
    missed: tuple[str, ...]
    noise: tuple[OwnNoise, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        agreed = self.effect.agreement
        return {
            **self.effect.as_dict(),
            "images": self.images,
            "kind": self.kind,
            "missed": list(self.missed),
            "decisions": None if agreed is None else agreed.as_dict(),
            "noise": [each.as_dict() for each in self.noise],
            "same_as_rebuilt": self.same,
            "rebuilt": self.rebuilt.as_dict(),
        }


@dataclass(frozen=True)
class Losses:
    """Where it is lost: by layer in the runtime, one after the other; by layer alone; and by range, worst first."""

    layers: LayerErrors
    alone: tuple[Alone, ...]
    ranges: tuple[RangeUse, ...]

    @cached_property
    def by_layer(self) -> list[tuple[str, Layer | None, Alone | None]]:
        """Each value's node in words, its error in the runtime and its error alone, in the order of the graph."""
        alone = {each.name: each for each in self.alone}
        found: list[tuple[str, Layer | None, Alone | None]] = [
            (layer.node, layer, alone.pop(layer.name, None)) for layer in self.layers.layers
        ]
        return [*((each.node, None, each) for each in alone.values()), *found]


@dataclass(frozen=True)
class Remedies:
    """What helps: parts in float, by gain; the best ones together; and what each correction gains."""

    groups: tuple[Fallback, ...]
    suggestions: tuple[Suggestion, ...]
    corrections: tuple[Without, ...]

    @property
    def best(self) -> Suggestion | None:
        """The fewest parts in float that gain nearly as much as the most; None where no gain is shown."""
        shown = [each for each in self.suggestions if each.gain.shown]
        most = max((each.gain.drift or 0.0 for each in shown), default=0.0)
        return next((each for each in shown if (each.gain.drift or 0.0) >= ENOUGH * most), None)
