"""The recipe's [quantize] section: how integer targets are quantized."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, model_validator

from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.quantize.algorithm import Chosen
from edgeface.quantize.algorithms import choose
from edgeface.quantize.plan import Stated, in_float32
from edgeface.quantize.ranges import MAX_HEADROOM, RangeRule
from edgeface.quantize.statistics import STATISTICS, Statistic

DEFAULT = ("cross_layer_equalization", "second_moment_rounding")
RENAMED = {"equalize": DEFAULT[0], "round_weights": DEFAULT[1]}
"""Deprecated recipe keys, each with the algorithm that it switched on or off; the next release removes them."""


class AskedPrecision(BaseModel):
    """A requested dtype, and the reason. "int8" means the target's 8 bits, signed or not."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dtype: Literal["int8", "int16", "float16", "float32"] = Field(description="What these nodes are computed in.")
    reason: str = Field(min_length=1, description="Why; the manifest and the report show it.")


def _range_rule(value: Any) -> Any:
    """A recipe's table as a rule: keys other than method and headroom are parameters of the method."""
    if not isinstance(value, Mapping):
        return value
    own = {key: value[key] for key in ("method", "headroom") if key in value}
    headroom = own.get("headroom", 0.0)
    if not isinstance(headroom, int | float) or isinstance(headroom, bool) or not 0 <= headroom <= MAX_HEADROOM:
        raise ValueError(f"headroom must be a number from 0 to {MAX_HEADROOM}, not {headroom!r}")
    if not isinstance(own.get("method", ""), str):
        raise ValueError(f"method must be the name of an algorithm, not {own['method']!r}")
    return RangeRule(**own, parameters={key: value[key] for key in value if key not in own})


class QuantizeSettings(BaseModel):
    """Settings for quantizing integer targets; the descriptions are what recipes show."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    ranges: Annotated[InstanceOf[RangeRule], BeforeValidator(_range_rule)] = Field(
        default_factory=RangeRule, description="How the range of each value is chosen from what calibration saw."
    )
    algorithms: tuple[str, ...] = Field(
        default=DEFAULT, description="Corrections of the network and its weights by name, in this order."
    )
    parameters: dict[str, dict[str, Any]] = Field(
        default={}, description="Parameters of these algorithms, by the algorithm's name."
    )
    calibration_images: int = Field(
        default=40, ge=1, le=10_000, description="Images that calibrate, at most; the others judge."
    )
    keep_float: dict[str, str] = Field(
        default={}, description="Patterns of node names to compute in float32, each with the reason."
    )
    precision: dict[str, AskedPrecision] = Field(
        default={},
        description="Patterns of node names, each with a dtype and the reason. If several match, the last one counts; "
        "all take precedence over keep_float.",
    )

    integers: dict[str, dict[str, str]] = Field(
        default={},
        description="By target, or pattern of targets: patterns of keep_float that it computes in integers all the "
        "same, each with the reason.",
    )

    @model_validator(mode="before")
    @classmethod
    def _modern(cls, data: Any) -> Any:
        """The section with deprecated keys replaced, and a note about them."""
        if not isinstance(data, Mapping) or not any(key in data for key in RENAMED):
            return data
        switched = {name: data.get(key, True) for key, name in RENAMED.items()}
        old = [key for key in RENAMED if key in data]
        if "algorithms" in data or not all(isinstance(on, bool) for on in switched.values()):
            raise ValueError(f"{' and '.join(old)}: list [quantize] algorithms instead")
        chosen = tuple(name for name, on in switched.items() if on)
        listed = ", ".join(f'"{name}"' for name in chosen)
        note(f"recipe: {' and '.join(old)} is now algorithms = [{listed}]; the next release removes the old keys")
        return {**{key: value for key, value in data.items() if key not in RENAMED}, "algorithms": chosen}

    @model_validator(mode="after")
    def _known(self) -> QuantizeSettings:
        """Reject unknown algorithms, and parameters of algorithms that are not chosen."""
        for name in self.parameters:
            if name not in self.algorithms:
                raise InputError(
                    f"parameters of {name!r}, which [quantize] algorithms does not list",
                    where=f"[quantize.parameters.{name}]",
                    fix=f"list it there, or name one of {', '.join(self.algorithms) or 'the listed algorithms'}",
                )
        for targets, reasons in self.integers.items():
            for pattern in reasons:
                if pattern not in self.keep_float:
                    raise InputError(
                        f"integers instead of float for {pattern!r}, which [quantize.keep_float] does not list",
                        where=f"[quantize.integers.{targets!r}]",
                        fix="list it in [quantize.keep_float], word for word, or leave it out here",
                    )
        assert len(self.chosen) == len(self.algorithms)
        return self

    @cached_property
    def chosen(self) -> tuple[Chosen, ...]:
        """The correction algorithms, with their parameters.

        Raises:
            InputError: an algorithm or a parameter is unknown.
        """
        return tuple(choose(name, self.parameters.get(name, {}), ranges=False) for name in self.algorithms)

    @property
    def every_algorithm(self) -> tuple[Chosen, ...]:
        """The range method and the correction algorithms."""
        return self.ranges.chosen, *self.chosen

    @property
    def needs(self) -> tuple[Statistic, ...]:
        """The kinds of statistics that the algorithms need together."""
        needed = {kind for chosen in self.every_algorithm for kind in chosen.algorithm.needs}
        return tuple(kind for kind in STATISTICS if kind in needed)

    @property
    def patterns(self) -> dict[str, Stated]:
        """The recipe's dtype requests by node-name pattern, in increasing precedence, without `integers`."""
        return self.patterns_for("")

    def patterns_for(self, target: str) -> dict[str, Stated]:
        """The same, without what a target of this name computes in integers although `keep_float` names it."""
        asked = {pattern: Stated(wanted.dtype, wanted.reason) for pattern, wanted in self.precision.items()}
        lifted = {p for targets, reasons in self.integers.items() if fnmatchcase(target, targets) for p in reasons}
        kept = {p: wanted for p, wanted in in_float32(self.keep_float).items() if p not in asked and p not in lifted}
        return {**kept, **asked}
