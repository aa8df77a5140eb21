"""Preprocessings that a detector may have been trained with: those documented for its format, and the usual others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from edgeface.contracts import DetectionContract
from edgeface.tasks.detection.decoding import Documented

Triple = tuple[float, float, float]
_SAME = 0.02
_USUAL: tuple[tuple[Triple, Triple], ...] = (
    ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
    ((127.5, 127.5, 127.5), (1 / 127.5, 1 / 127.5, 1 / 127.5)),
    ((123.0, 117.0, 104.0), (1.0, 1.0, 1.0)),
    ((123.675, 116.28, 103.53), (1 / 58.395, 1 / 57.12, 1 / 57.375)),
)
"""In RGB order: pixels as they are, 0 to 1, −1 to 1, Caffe's mean, ImageNet's mean and deviation."""


@dataclass(frozen=True)
class Preprocessing:
    """x' = (x − mean) · scale for each channel in the order `color`; `source` names a documented one's."""

    color: str
    mean: Triple
    scale: Triple
    source: str = ""

    @property
    def flipped(self) -> Preprocessing:
        """The same in the other order of channels."""
        other = "rgb" if self.color == "bgr" else "bgr"
        return Preprocessing(other, self.mean[::-1], self.scale[::-1])

    @property
    def levels(self) -> str:
        """Mean and scale in words."""
        if self.like(replace(_IMAGENET, color=self.color)) or self.like(replace(_IMAGENET.flipped, color=self.color)):
            return "ImageNet's mean and deviation"
        mean = f"{self.mean[0]:g}" if len(set(self.mean)) == 1 else "(" + ", ".join(f"{v:g}" for v in self.mean) + ")"
        shifted = "x" if not any(self.mean) else f"(x − {mean})"
        if set(self.scale) == {1.0}:
            return shifted
        over = [f"{1 / v:g}" for v in self.scale]
        return f"{shifted}/{over[0]}" if len(set(over)) == 1 else f"{shifted}/({', '.join(over)})"

    def like(self, other: Preprocessing) -> bool:
        """Whether no image can tell the two apart: their values differ by less than a fiftieth of the range."""
        if self.color != other.color:
            return False
        ends = np.array([0.0, 255.0])
        one, two = ((ends[:, None] - np.array(each.mean)) * np.array(each.scale) for each in (self, other))
        span = max(float(np.ptp(one)), float(np.ptp(two)), 1e-12)
        return float(np.abs(one - two).max()) < _SAME * span

    def of(self, contract: Any) -> Any:
        """A contract with this preprocessing."""
        spec = contract.input.model_copy(update={"color": self.color, "mean": self.mean, "scale": self.scale})
        return contract.model_copy(update={"input": spec})


_IMAGENET = Preprocessing("rgb", *_USUAL[-1])


def of_contract(contract: Any) -> Preprocessing:
    """The preprocessing of a contract."""
    spec = contract.input
    return Preprocessing(spec.color, spec.mean, spec.scale)


def documented(known: Iterable[Documented], takes: str, reversed_channels: bool) -> list[Preprocessing]:
    """The documented preprocessings for a file, the usual first.

    Args:
        known: of the decoder.
        takes: "pixels" or "unit" where the graph normalizes: outside remains what gives it such values.
        reversed_channels: the graph turns the channels round, so that the file takes the other order.
    """
    found = [Preprocessing(each.color, each.mean, each.scale, each.source) for each in known]
    if reversed_channels:
        found = [
            Preprocessing(each.flipped.color, each.flipped.mean, each.flipped.scale, each.source) for each in found
        ]
    if takes != "open":
        size = 1.0 if takes == "pixels" else 1 / 255
        found = [Preprocessing(each.color, (0.0,) * 3, (size,) * 3, each.source) for each in found]
    return list(_different(found))


def candidates(known: Iterable[Preprocessing], takes: str, declared: str | None = None) -> list[Preprocessing]:
    """Documented preprocessings, then the usual others in both orders; of those that are alike the first.

    Args:
        known: documented ones.
        takes: as of `documented`; other than "open" only the order of channels is in question.
        declared: the order of channels, where it is known.
    """
    usual = [Preprocessing("rgb", mean, scale) for mean, scale in _USUAL] if takes == "open" else []
    first = list(known)
    every = [*first, *(each.flipped for each in first), *usual, *(each.flipped for each in usual)]
    return [each for each in _different(every) if declared in {None, each.color}]


def _different(given: Iterable[Preprocessing]) -> Iterator[Preprocessing]:
    kept: list[Preprocessing] = []
    for each in given:
        if not any(each.like(other) for other in kept):
            kept.append(each)
            yield each


def pairs(contracts: Iterable[DetectionContract], inputs: Iterable[Preprocessing]) -> list[DetectionContract]:
    """Every contract with every preprocessing."""
    return [each.of(contract) for each, contract in product(list(inputs), list(contracts))]
