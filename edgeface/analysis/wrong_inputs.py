"""What a model finds where its input is prepared wrongly, for comparison with what a device finds.

An application that feeds another color order or range than the contract's finds few faces or none, however good the
model is. The same mistakes are made here on purpose, so that a device's symptom can be recognized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeface.analysis.effect import Effect
from edgeface.analysis.panel import Panel
from edgeface.contracts import ImageInput
from edgeface.core.progress import track
from edgeface.graph.types import Array
from edgeface.validate.reference import Network

MORE_FACES = 1.5
"""The reference must find so many times as many faces with a wrong input for the contract to be doubted."""

LEAST_FACES, LEAST_SHARE = 3, 0.25
"""And so many more, and one in so large a share of the images: noise may look like a face now and then."""


@dataclass(frozen=True)
class WrongInput:
    """A mistake in words, and its effect: of the model fed wrongly, against the reference fed rightly."""

    words: str
    effect: Effect

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"input": self.words, "effect": self.effect.as_dict()}


def wrong_inputs(panel: Panel, run: Network) -> list[WrongInput]:
    """What each mistake does to a model, where it changes the input at all."""
    return [
        WrongInput(words, panel.judge(_fed(panel, change, run)))
        for words, change in track(list(mistakes(panel)), "wrong inputs, to compare with")
    ]


def better_input(panel: Panel, reference: Network) -> tuple[str, int, int] | None:
    """The input with which the float32 reference itself finds far more faces than with the contract's.

    Returns:
        The input in words, the faces with it and those with the contract's; None where there is none.
    """
    found = sum(panel.task.agree(each.decided, each.decided).cases for each in panel.seen)
    least = max(LEAST_FACES, LEAST_SHARE * len(panel.seen))
    best: tuple[str, int, int] | None = None
    for words, change in mistakes(panel):
        with_it = _count(panel, _fed(panel, change, reference))
        if with_it >= max(MORE_FACES * found, found + least, 0 if best is None else best[1] + 1):
            best = (words, with_it, found)
    return best


def mistakes(panel: Panel) -> Iterator[tuple[str, Callable[[Array], Array]]]:
    """The usual mistakes in words, each with what it makes of a right tensor."""
    image = panel.contract.input
    other = "RGB" if image.color == "bgr" else "BGR"
    fixed: tuple[tuple[str, Callable[[Array], Array]], ...] = (
        (f"{other} instead of {image.color.upper()}", lambda x: _normal(_pixels(x, image)[:, ::-1], image)),
        ("pixels 0 to 255, without mean and scale", lambda x: _pixels(x, image)),
        ("pixels divided by 255: 0 to 1", lambda x: _pixels(x, image) / np.float32(255)),
        ("pixels from −1 to 1", lambda x: _pixels(x, image) / np.float32(127.5) - np.float32(1)),
    )
    probe = panel.seen[0].view.tensor
    for words, change in fixed:
        if float(np.abs(change(probe) - probe).max()) > 0.01 * float(np.abs(probe).max()):
            yield words, change


def _pixels(tensor: Array, image: ImageInput) -> Array:
    mean, scale = (np.asarray(each, np.float32).reshape(1, -1, 1, 1) for each in (image.mean, image.scale))
    pixels: Array = tensor / scale + mean
    return pixels


def _normal(pixels: Array, image: ImageInput) -> Array:
    mean, scale = (np.asarray(each, np.float32).reshape(1, -1, 1, 1) for each in (image.mean, image.scale))
    tensor: Array = (pixels - mean) * scale
    return tensor


def _fed(panel: Panel, change: Callable[[Array], Array], run: Network) -> Network:
    name = panel.contract.input.name
    return lambda feeds: run({**feeds, name: np.ascontiguousarray(change(feeds[name]), np.float32)})


def _count(panel: Panel, run: Network) -> int:
    """How many faces a network finds."""
    found = 0
    for each in panel.seen:
        outputs = run({panel.contract.input.name: each.view.tensor})
        decided = panel.task.decide(outputs, panel.contract, each.view)
        found += panel.task.agree(decided, decided).cases
    return found
