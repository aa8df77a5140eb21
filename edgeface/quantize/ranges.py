"""How ranges are chosen: a method by name, and headroom beyond what it chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeface.quantize.algorithm import Chosen, RangeMethod
from edgeface.quantize.algorithms import choose
from edgeface.quantize.statistics import ValueStats

HEADROOM_IMAGES = 40


@dataclass(frozen=True)
class RangeRule:
    """How ranges are chosen.

    Attributes:
        method: a range method, by its filename in `quantize.algorithms`.
        headroom: widens every range by headroom·√(40/images), for images to come reach further than those that
            calibrated, the more so the fewer these were.
        parameters: of the method, where they are not its defaults.
        chosen: the method with all its parameters.

    Raises:
        InputError: there is no such method, or it has no such parameter.
    """

    method: str = "percentile"
    headroom: float = field(default=0.1, kw_only=True)
    parameters: Mapping[str, Any] = field(default_factory=dict, kw_only=True, compare=False)
    chosen: Chosen = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look the method up, so that what is unknown is refused at once."""
        object.__setattr__(self, "chosen", choose(self.method, self.parameters, ranges=True))

    def widen(self, bounds: tuple[float, float], images: int) -> tuple[float, float]:
        """A range chosen from the statistics of so many images, with headroom."""
        factor = 1 + self.headroom * (HEADROOM_IMAGES / max(images, 1)) ** 0.5
        return bounds[0] * factor, bounds[1] * factor

    def choose(self, stats: ValueStats, negative_slope: float = 1.0) -> tuple[float, float]:
        """The range (low, high) for one value.

        Args:
            stats: what was seen of the value.
            negative_slope: slope of the LeakyReLU that alone reads the value.
        """
        method = self.chosen.algorithm
        assert isinstance(method, RangeMethod)
        return method.choose(stats, negative_slope, self.chosen.parameters)

    def as_dict(self) -> dict[str, Any]:
        """As the recipe and the manifest have it."""
        return {"method": self.method, **self.chosen.as_dict(), "headroom": self.headroom}
