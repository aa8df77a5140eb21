"""The recipe's [quantize] section: how integer targets are quantized."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, model_validator

from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.quantize.algorithm import Chosen
from edgeface.quantize.algorithms import choose
from edgeface.quantize.plan import Stated, in_float32
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.statistics import STATISTICS, Statistic

DEFAULT = ("cross_layer_equalization", "second_moment_rounding")
RENAMED = {"equalize": DEFAULT[0], "round_weights": DEFAULT[1]}
"""Keys of earlier recipes, each with the algorithm that it switched on and off; they go with the next release."""


class AskedPrecision(BaseModel):
    """What nodes are to compute in, and why. "int8" stands for the 8 bits of the target, signed or not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtype: Literal["int8", "int16", "float16", "float32"]
    reason: str = Field(min_length=1)


def _range_rule(value: Any) -> Any:
    """A table of the recipe as a rule: what is neither its method nor its headroom is a parameter of the method."""
    if not isinstance(value, Mapping):
        return value
    own = {key: value[key] for key in ("method", "headroom") if key in value}
    headroom = own.get("headroom", 0.0)
    if not isinstance(headroom, int | float) or isinstance(headroom, bool) or not 0 <= headroom <= 10:
        raise ValueError(f"headroom is a number from 0 to 10, not {headroom!r}")
    if not isinstance(own.get("method", ""), str):
        raise ValueError(f"method is the name of an algorithm, not {own['method']!r}")
    return RangeRule(**own, parameters={key: value[key] for key in value if key not in own})


class QuantizeSettings(BaseModel):
    """How integer targets are quantized.

    Attributes:
        ranges: how the range of each value is chosen.
        algorithms: what corrects the network and its weights, by filename in `quantize.algorithms`, in this order.
        parameters: of these algorithms, by name, where they are not to have their defaults.
        calibration_images: at most so many.
        keep_float: patterns of node names, and why these compute in float32.
        precision: patterns of node names, and what these compute in; of several that match, the last one counts, and
            all count more than `keep_float`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ranges: Annotated[InstanceOf[RangeRule], BeforeValidator(_range_rule)] = Field(default_factory=RangeRule)
    algorithms: tuple[str, ...] = DEFAULT
    parameters: dict[str, dict[str, Any]] = {}
    calibration_images: int = Field(default=40, ge=1, le=10_000)
    keep_float: dict[str, str] = {}
    precision: dict[str, AskedPrecision] = {}

    @model_validator(mode="before")
    @classmethod
    def _modern(cls, data: Any) -> Any:
        """The section with today's keys, and a note where it has earlier ones."""
        if not isinstance(data, Mapping) or not any(key in data for key in RENAMED):
            return data
        switched = {name: data.get(key, True) for key, name in RENAMED.items()}
        old = [key for key in RENAMED if key in data]
        if "algorithms" in data or not all(isinstance(on, bool) for on in switched.values()):
            raise ValueError(f"{' and '.join(old)}: list [quantize] algorithms instead")
        chosen = tuple(name for name, on in switched.items() if on)
        listed = ", ".join(f'"{name}"' for name in chosen)
        note(f"recipe: {' and '.join(old)} is now algorithms = [{listed}]; the old keys go with the next release")
        return {**{key: value for key, value in data.items() if key not in RENAMED}, "algorithms": chosen}

    @model_validator(mode="after")
    def _known(self) -> QuantizeSettings:
        """Refuse algorithms that there are not, and parameters of those that are not chosen."""
        for name in self.parameters:
            if name not in self.algorithms:
                raise InputError(
                    f"parameters of {name!r}, which [quantize] algorithms does not list",
                    where=f"[quantize.parameters.{name}]",
                    fix=f"list it there, or name one of {', '.join(self.algorithms) or 'those that you list'}",
                )
        assert len(self.chosen) == len(self.algorithms)
        return self

    @cached_property
    def chosen(self) -> tuple[Chosen, ...]:
        """The algorithms that correct the network and its weights, with their parameters.

        Raises:
            InputError: there is no such algorithm, or it has no such parameter.
        """
        return tuple(choose(name, self.parameters.get(name, {}), ranges=False) for name in self.algorithms)

    @property
    def every_algorithm(self) -> tuple[Chosen, ...]:
        """What chooses ranges, and what corrects."""
        return self.ranges.chosen, *self.chosen

    @property
    def needs(self) -> tuple[Statistic, ...]:
        """The statistics that the algorithms read between them."""
        needed = {kind for chosen in self.every_algorithm for kind in chosen.algorithm.needs}
        return tuple(kind for kind in STATISTICS if kind in needed)

    @property
    def patterns(self) -> dict[str, Stated]:
        """What the recipe asks for by patterns of node names, in the order in which it counts."""
        asked = {pattern: Stated(wanted.dtype, wanted.reason) for pattern, wanted in self.precision.items()}
        kept = {name: wanted for name, wanted in in_float32(self.keep_float).items() if name not in asked}
        return {**kept, **asked}
