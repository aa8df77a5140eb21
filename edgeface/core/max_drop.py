"""A user's own limits on what a build may lose, by short names: "matched=0.5%,identity=0.001"."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edgeface.core.thresholds import Thresholds
from edgeface.errors import InputError, did_you_mean

OPTION = "--max-drop"


@dataclass(frozen=True)
class Drop:
    """A figure that a user may limit.

    Attributes:
        field: of `Thresholds`.
        means: what is limited, in words.
        example: of its value, with its unit.
        most: the largest value that means anything.
        limit: the threshold for a value.
        needs: the option without which it is not measured.
    """

    field: str
    means: str
    example: str
    most: float
    limit: Callable[[float], float] = float
    needs: str | None = None

    @property
    def unit(self) -> str:
        """The percent sign or nothing."""
        return "%" if self.example.endswith("%") else ""


DROPS: Mapping[str, Drop] = MappingProxyType(
    {
        "matched": Drop("matched_percent", "faces that are no longer found", "0.5%", 100, lambda x: round(100 - x, 9)),
        "extra": Drop("extra_percent", "faces that are found anew", "0.5%", 100),
        "flips": Drop("flips_percent", "both together", "1%", 200),
        "lost": Drop("lost_percent", "faces not found even below the threshold", "0.2%", 100),
        "new": Drop("new_percent", "faces that fp32 does not find even below the threshold", "0.2%", 100),
        "score": Drop("mean_score_change", "mean change of scores", "0.005", 1),
        "landmarks": Drop("landmark_error_percent", "mean landmark error, by the face's size", "1%", 100),
        "precision": Drop("precision_drop_points", "points of average precision", "0.5", 100, needs="--labels"),
        "identity": Drop("mean_cosine", "what the mean cosine lacks of 1", "0.001", 1, lambda x: 1 - x),
        "worst": Drop("min_cosine", "what the minimum cosine lacks of 1", "0.02", 1, lambda x: 1 - x),
        "numbers": Drop("output_error", "mean error of each output, by its size", "0.02", 1),
        "accuracy": Drop("accuracy_drop_points", "points of verification accuracy", "0.1", 100, needs="--pairs"),
        "tar": Drop("tar_drop_points", "points of the true accept rate", "0.5", 100, needs="--pairs"),
    }
)


def parse_max_drop(text: str) -> dict[str, str]:
    """The items of "matched=0.5%,identity=0.001", by name; their values are not read yet.

    Raises:
        InputError: an item is not NAME=VALUE, or named twice.
    """
    found: dict[str, str] = {}
    for item in text.split(","):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not name or not equals or not value:
            raise InputError(f"{item.strip() or text!r} is not NAME=VALUE", where=OPTION, fix=_EXAMPLE)
        if name in found:
            raise InputError(f"{name} is given twice", where=OPTION, fix="leave one of them out")
        found[name] = value
    return found


def own_limits(drops: Mapping[str, str], judged: Iterable[str], where: str = OPTION) -> dict[str, float]:
    """The fields of `Thresholds` that a user's limits set, and to what.

    Args:
        drops: values by name, e.g. {"matched": "0.5%"}.
        judged: the fields that the task judges.
        where: the option or file that they are from.

    Raises:
        InputError: an unknown name, one that is not for such networks, or a value that is none.
    """
    fields = set(judged)
    usable = {name: drop for name, drop in DROPS.items() if drop.field in fields}
    limits = {}
    for name, value in drops.items():
        if name in DROPS and name not in usable:
            raise InputError(
                f"{name!r} is not measured of such a network", where=where, fix=f"use any of {_all(usable)}"
            )
        if name not in usable:
            raise InputError(
                f"unknown name {name!r}", where=where, fix=f"{did_you_mean(name, usable)}use any of {_all(usable)}"
            )
        drop = usable[name]
        limits[drop.field] = drop.limit(_number(name, value, drop, where))
    return limits


def refuse_unmeasured(drops: Iterable[str], given: Iterable[str], where: str = OPTION) -> None:
    """Refuse limits on what is not measured without another option.

    Args:
        drops: names, each known.
        given: the options that are given.
        where: the option or file that they are from.

    Raises:
        InputError: such an option is missing.
    """
    for name in drops:
        needed = DROPS[name].needs
        if needed is not None and needed not in given:
            raise InputError(f"{name!r} is only measured with {needed}", where=where, fix=f"pass {needed} too")


def with_own(limits: Thresholds, own: Mapping[str, float]) -> Thresholds:
    """A gate with a user's limits in place of its own on the same figures."""
    return limits.model_copy(update=dict(own))


def _number(name: str, text: str, drop: Drop, where: str) -> float:
    unit = "%" if text.endswith("%") else ""
    fix = f"write {name}={drop.example}: {drop.means}"
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise InputError(f"{name}={text} is not a number", where=where, fix=fix) from None
    if unit != drop.unit:
        raise InputError(f"{name} {'is in percent' if drop.unit else 'is not in percent'}", where=where, fix=fix)
    if not math.isfinite(value) or not 0 <= value <= drop.most:
        raise InputError(f"{name}={text} is not from 0 to {drop.most:g}{drop.unit}", where=where, fix=fix)
    return value


def _all(usable: Mapping[str, Drop]) -> str:
    return ", ".join(f"{name}={drop.example}" for name, drop in usable.items())


_EXAMPLE = "write e.g. matched=0.5%,score=0.005 for a detector, identity=0.001 for a recognizer"
