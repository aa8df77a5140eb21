"""Where the milliseconds of a prediction go: by stage of the network, and by operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edgeface.prediction.prediction import BOUNDS, Bound


@dataclass(frozen=True)
class Part:
    """Some operators of a model, counted as a model of their own.

    Attributes:
        name: the stage's name, or what the file calls the operator's result.
        what: the operator's type, or the number of operators.
        expected_ms: their part of the prediction.
        shares: of it, by what the cycles go to.
    """

    name: str
    what: str
    expected_ms: float
    shares: Mapping[Bound, float]

    @property
    def bound(self) -> Bound:
        """What most of the cycles go to."""
        return max(BOUNDS, key=lambda bound: self.shares[bound])

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "shares": dict(self.shares), "bound": self.bound}


@dataclass(frozen=True)
class Breakdown:
    """The parts of a prediction, in the file's order.

    Attributes:
        by: what the parts are.
        of: what is broken down, its runtime and cores.
        parts: none of them is scaled: each is expected by its own counts.
        whole_ms: what is expected of the whole model.
    """

    by: Literal["stage", "operator"]
    of: str
    parts: tuple[Part, ...]
    whole_ms: float

    @property
    def sum_ms(self) -> float:
        """Of all parts: more than the whole where the runtime fuses operators, or where parts reload their data."""
        return sum(part.expected_ms for part in self.parts)

    @property
    def difference(self) -> str:
        """How far the sum is from the whole, and why."""
        off = self.sum_ms / self.whole_ms - 1
        if off >= 0:
            return f"{off:.0%} more: each part is called by itself, and its input and result are laid out anew"
        return f"{-off:.0%} less: a part alone has the caches for itself"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "by": self.by,
            "of": self.of,
            "parts": [part.as_dict() for part in self.parts],
            "sum_ms": self.sum_ms,
            "whole_ms": self.whole_ms,
        }
