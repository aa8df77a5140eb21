"""What a model does to the decisions of its reference, and how much better another one does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import Any

from edgeface.tasks.drift import Drift
from edgeface.tasks.task import Agreement
from edgeface.validate.tensors import SILENT_DB, TensorAgreement

SURE = 2.0
"""A gain counts as shown where it exceeds so many standard errors."""

LEAST = 1e-5
"""A smaller gain is none, whatever its error."""


def number(value: float) -> str:
    """A drift as text, with two digits or more that count."""
    return "0" if value == 0 else f"{value:.4f}" if abs(value) >= 1e-3 else f"{value:.1e}"


@dataclass(frozen=True)
class Effect:
    """A model's agreement with its reference.

    Attributes:
        tensors: of each output, over all images.
        agreements: of the decisions on each image; empty where the images are synthetic, and show nothing to decide.
        drifts: how far the raw decisions on each image moved, by kind; empty likewise.
    """

    tensors: dict[str, TensorAgreement]
    agreements: tuple[Agreement, ...] = ()
    drifts: tuple[Mapping[str, Drift], ...] = ()

    @cached_property
    def snr_db(self) -> float:
        """The lowest SNR of any output, in dB."""
        return min((found.snr_db for found in self.tensors.values()), default=SILENT_DB)

    @cached_property
    def agreement(self) -> Agreement | None:
        """The decisions' agreement over all images."""
        return reduce(add, self.agreements) if self.agreements else None

    @property
    def drift(self) -> float | None:
        """How far the decisions moved; None where there was nothing to decide."""
        return drift_of(self.drifts)

    @property
    def flips(self) -> int | None:
        """How many decisions are others; None where that cannot be said."""
        return None if self.agreement is None else self.agreement.flips

    @property
    def cases(self) -> int:
        """How many decisions of the reference were compared."""
        return 0 if self.agreement is None else self.agreement.cases

    @property
    def broken(self) -> bool:
        """Whether most decisions are lost."""
        return self.agreement is not None and self.agreement.broken

    def as_dict(self) -> dict[str, Any]:
        """For JSON: null where there is no number."""
        drift = None if self.drift is None else round(self.drift, 6)
        return {"snr_db": round(self.snr_db, 2), "drift": drift, "flips": self.flips, "cases": self.cases}


@dataclass(frozen=True)
class Gain:
    """What one model gains over another.

    Attributes:
        drift: how much less the decisions move; negative where they move more; None without decisions.
        error: the standard error of `drift`, from the differences between images.
        snr_db: how many dB more the worst output has.
    """

    drift: float | None
    error: float | None
    snr_db: float

    @property
    def shown(self) -> bool:
        """Whether the images show a gain: it exceeds what other images might make of it."""
        return self.drift is not None and self.error is not None and self.drift > max(SURE * self.error, LEAST)

    @property
    def harms(self) -> bool:
        """Whether the images show a loss."""
        return self.drift is not None and self.error is not None and -self.drift > max(SURE * self.error, LEAST)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: null where there is no number."""
        numbers = {"drift": self.drift, "error": self.error}
        found: dict[str, Any] = {name: None if value is None else round(value, 6) for name, value in numbers.items()}
        return {**found, "snr_db": round(self.snr_db, 2), "shown": self.shown}


def drift_of(drifts: Sequence[Mapping[str, Drift]]) -> float | None:
    """How far the raw decisions of the most telling kind moved over some images; None where there were none."""
    if not drifts:
        return None
    kind = next(iter(drifts[0]))
    found = reduce(add, (each[kind] for each in drifts)).mean
    return found if math.isfinite(found) else None


def gain(before: Effect, after: Effect) -> Gain:
    """What `after` gains over `before`, on the same images.

    The standard error is the jackknife's: both drifts without each image in turn, so that what one image alone shows
    is not taken for a gain.
    """
    gained_db = after.snr_db - before.snr_db
    if before.drift is None or after.drift is None:
        return Gain(None, None, gained_db)
    count = len(before.drifts)
    without = [_difference(before.drifts, after.drifts, left_out) for left_out in range(count)]
    known = [value for value in without if value is not None]
    if count < 2 or len(known) < count:
        return Gain(before.drift - after.drift, None, gained_db)
    mean = sum(known) / count
    error = math.sqrt((count - 1) / count * sum((value - mean) ** 2 for value in known))
    return Gain(before.drift - after.drift, error, gained_db)


def _difference(
    before: Sequence[Mapping[str, Drift]], after: Sequence[Mapping[str, Drift]], left_out: int
) -> float | None:
    first, second = (drift_of([each for i, each in enumerate(all_) if i != left_out]) for all_ in (before, after))
    return None if first is None or second is None else first - second
