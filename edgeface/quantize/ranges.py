"""Rules for choosing ranges: a method by name, and additional headroom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeface.errors import InputError
from edgeface.quantize.algorithm import Chosen, RangeMethod
from edgeface.quantize.algorithms import choose
from edgeface.quantize.statistics import ValueStats

HEADROOM_IMAGES = 40
MAX_HEADROOM = 10


@dataclass(frozen=True)
class RangeRule:
    """A rule for choosing ranges.

    Attributes:
        method: a range method, by its module name in `quantize.algorithms`.
        headroom: widens every range by headroom·√(40/images), because later images exceed the calibrated ranges, the
            more so the fewer images calibrated (`build_plan` says how images count that give bounds alone).
        parameters: of the method, where they differ from the defaults.
        chosen: the method with all its parameters.

    Raises:
        InputError: the method or a parameter of it is unknown.
    """

    method: str = "percentile"
    headroom: float = field(default=0.1, kw_only=True)
    parameters: Mapping[str, Any] = field(default_factory=dict, kw_only=True, compare=False)
    chosen: Chosen = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look up the method, so that unknown names are rejected at once."""
        if not (isinstance(self.headroom, int | float) and 0 <= self.headroom <= MAX_HEADROOM):
            raise InputError(f"headroom must be a number from 0 to {MAX_HEADROOM}, not {self.headroom!r}")
        object.__setattr__(self, "chosen", choose(self.method, self.parameters, ranges=True))

    def widen(self, bounds: tuple[float, float], images: float) -> tuple[float, float]:
        """A range chosen from the statistics of `images` images, with headroom."""
        factor = 1 + self.headroom * (HEADROOM_IMAGES / max(images, 1)) ** 0.5
        return bounds[0] * factor, bounds[1] * factor

    def choose(self, stats: ValueStats, negative_slope: float = 1.0) -> tuple[float, float]:
        """The range (low, high) for one value.

        Args:
            stats: statistics of the value.
            negative_slope: slope of the LeakyReLU that is the value's only reader.
        """
        method = self.chosen.algorithm
        assert isinstance(method, RangeMethod)
        return method.choose(stats, negative_slope, self.chosen.parameters)

    def as_dict(self) -> dict[str, Any]:
        """The rule as in the recipe and the manifest."""
        return {"method": self.method, **self.chosen.as_dict(), "headroom": self.headroom}
