"""Which of many contracts of a detector's file the images bear out, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import DetectionContract, ImageInput
from edgeface.tasks.detection.certainty import certainties, gain, margin
from edgeface.tasks.detection.face_mosaic import mosaics
from edgeface.tasks.detection.face_search import ENOUGH_FACES, search_faces
from edgeface.tasks.detection.preprocessing import of_contract
from edgeface.tasks.task import Forward, Image
from edgeface.tasks.undeclared import Verdict

MIN_FACES = 2
SURE = 2.0
"""Standard errors from which the images overrule what is documented."""

TELLING = 1.0
"""Standard errors from which they tell one value from another."""

MIN_GAIN, LARGE_GAIN = 0.25, 1.0
"""Log-odds: a smaller difference is none; a larger one must be explained before a contract is used."""

_MIN_CERTAINTY = -2.5
Certainties = Mapping[DetectionContract, NDArray[np.float64]]


@dataclass(frozen=True)
class Comparison:
    """Contracts compared on the same faces; without faces nothing was compared.

    Attributes:
        surer: the certainty of each face under each contract.
        faces: how many faces any of the contracts found.
        images: how many images there were.
    """

    surer: Certainties
    faces: int
    images: int

    @property
    def best(self) -> DetectionContract:
        """The contract that is the most certain of the faces; of equals the first."""
        return max(self.surer, key=self.mean)

    @property
    def usable(self) -> bool:
        """Whether there are faces, and a contract that finds them."""
        return self.faces >= MIN_FACES and self.mean(self.best) > _MIN_CERTAINTY

    def mean(self, contract: DetectionContract) -> float:
        """The mean log-odds of the faces."""
        return float(np.nanmean(self.surer[contract]))

    def margin(self, one: DetectionContract, other: DetectionContract) -> float:
        """Standard errors by which one contract is more certain than another."""
        return margin(self.surer[one], self.surer[other])

    def gain(self, one: DetectionContract, other: DetectionContract) -> float:
        """Log-odds by which one contract is more certain than another."""
        return gain(self.surer[one], self.surer[other])

    def beats(self, one: DetectionContract, other: DetectionContract) -> bool:
        """Whether one contract is clearly better than another."""
        return self.margin(one, other) >= SURE and self.gain(one, other) >= MIN_GAIN


def compare(contracts: Sequence[DetectionContract], forward: Forward, images: Sequence[Image]) -> Comparison:
    """The contracts compared on the faces of the images.

    Args:
        contracts: of the same network, at the same input size.
        forward: runs the network.
        images: uint8 [H,W,3] in BGR.
    """
    groups: dict[ImageInput, list[DetectionContract]] = {}
    for contract in contracts:
        groups.setdefault(contract.input, []).append(contract)
    faces = search_faces(groups, forward, images).faces[:ENOUGH_FACES]
    spec = contracts[0].input
    shown = mosaics(faces, spec.height, spec.width)
    count = len({tile.face for mosaic in shown for tile in mosaic.tiles})
    found = certainties(groups, forward, shown, len(faces)) if count else {}
    return Comparison({contract: found[contract] for contract in contracts if found}, count, len(images))


def choose(compared: Comparison, documented: Sequence[DetectionContract]) -> DetectionContract:
    """The documented contract, unless the images are clearly surer under another one.

    Args:
        compared: all contracts.
        documented: those of documented preprocessings, the usual first.
    """
    first = documented[0]
    others = [*documented[1:], compared.best]
    return next((other for other in others if compared.beats(other, first)), first)


def judged(
    field: str,
    value: str,
    compared: Comparison,
    contract: DetectionContract,
    others: Mapping[str, DetectionContract],
    decisive: bool = False,
) -> Verdict:
    """The verdict on one field of a contract, against contracts that have another value of it.

    Args:
        field: its name in files.
        value: the contract's, in words.
        compared: all contracts.
        contract: the chosen one.
        others: contracts with another value, by that in words.
        decisive: whether another value gives other boxes, so that it makes a difference if it is not told.
    """
    margins = {name: compared.margin(contract, other) for name, other in others.items()}
    if not margins:
        return Verdict(field, value, "inferred", "no other value fits")
    for name, other in others.items():
        if compared.gain(other, contract) >= LARGE_GAIN:
            return Verdict(field, value, "refused", f"{name} fits better, but not surely: {_figures(margins[name])}")
    name = min(margins, key=lambda each: margins[each])
    on = f"on {compared.faces} faces"
    if margins[name] >= TELLING:
        return Verdict(field, value, "inferred", f"surer {on} than {name} by {_figures(margins[name])}")
    if decisive and compared.gain(contract, others[name]) >= MIN_GAIN:
        return Verdict(field, value, "refused", f"surer {on} than {name}, but only by {_figures(margins[name])}")
    alike = ", ".join(each for each in margins if margins[each] < TELLING)
    said = f"makes no difference here: {alike} finds the same {on} ({_figures(margins[name])}); documented value taken"
    return Verdict(field, value, "indifferent", said)


def _figures(errors: float) -> str:
    return f"{abs(errors):.1f} standard errors"


def levels_of(contract: DetectionContract) -> str:
    """A contract's mean and scale in words."""
    return of_contract(contract).levels


def color_of(contract: DetectionContract) -> str:
    """A contract's color order in words."""
    return contract.input.color.upper()
