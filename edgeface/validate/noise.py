"""The reference's own noise: how far its decisions move where an image barely changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add
from types import TracebackType
from typing import Any, TypeAlias

from edgeface.contracts import Contract
from edgeface.images.perturb import Perturbation
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, View
from edgeface.validate.reference import Network

EVERY, LEAST_IMAGES = 5, 16
"""Every fifth image is measured first, or more where those are fewer than 16."""


@dataclass(frozen=True)
class NoiseFloor:
    """The reference's agreement with itself on changed images, by the changes' names.

    `images` is how many images were changed. All of those that were judged, unless a part of them showed enough.
    """

    by_name: Mapping[str, Agreement]
    images: int = 0

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """For JSON and the certificate's `noise`."""
        return {name: {"changed_images": self.images, **found.as_dict()} for name, found in self.by_name.items()}


Enough: TypeAlias = Callable[[Sequence[Agreement | None], Callable[[int], Mapping[str, Agreement]]], bool]
"""Whether a part of the images shows enough: of the candidates' agreements, and of a function that gives the least that
the noise may be on all images, by the changes' names, for a number of the reference's decisions on all of them."""


@dataclass(frozen=True)
class Noises:
    """Which noise is measured.

    Attributes:
        changes: what is done to each image.
        enough: whether a part of the images shows enough; None measures all images.
        images: how many images there are, about.
    """

    changes: tuple[Perturbation, ...] = ()
    enough: Enough | None = None
    images: int = 0

    @property
    def step(self) -> int:
        """Every how many images one is measured first."""
        return 1 if self.enough is None else max(1, min(EVERY, self.images // LEAST_IMAGES))


class NoiseMeter:
    """Measures the noise floor image by image, beside whatever its caller does. Use it as a context manager.

    Args:
        network: computes the reference's network; float32, however quick. Its order of summation moves scores by a
            hundredth of what the mildest change does, so its decisions on changed images are compared with the
            reference's on unchanged ones.
        contract: the network's.
        noises: what is measured.
    """

    def __init__(self, network: Network, contract: Contract, noises: Noises) -> None:
        self._network = network
        self._contract = contract
        self._task = task_of(contract)
        self._noises = noises
        self._decided: list[Any] = []
        self._found: dict[int, list[Agreement]] = {}
        self._pool = ThreadPoolExecutor(1)
        self._running: Future[None] | None = None

    def see(self, view: View, decided: Any) -> None:
        """Add an image with the reference's decisions; if it is a measured one, that is done while the caller goes on.

        Raises:
            RuntimeFailure: the network failed, on this image or the one before.
        """
        number = len(self._decided)
        self._decided.append(decided)
        if number % self._noises.step == 0:
            self._start(view, number)

    def complete(self, views: Iterable[View]) -> None:
        """Measure those of the same images that are left, shown once more."""
        for number, view in enumerate(views):
            if number not in self._found:
                self._start(view, number)
                self._wait()

    def floor(self) -> NoiseFloor:
        """The noise floor over all measured images."""
        self._wait()
        return NoiseFloor({name: reduce(add, parts) for name, parts in self._parts().items()}, len(self._found))

    def least(self, cases: int) -> dict[str, Agreement]:
        """The least that the noise may be over all images, on which the reference made so many decisions."""
        self._wait()
        return {name: parts[0].least(parts, cases) for name, parts in self._parts().items()}

    @property
    def partial(self) -> bool:
        """Whether images are left."""
        self._wait()
        return len(self._found) < len(self._decided)

    def __enter__(self) -> NoiseMeter:
        """The meter itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is running."""
        self._pool.shutdown()

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()

    def _parts(self) -> dict[str, list[Agreement]]:
        """The agreements of the measured images, in their order, by the changes' names."""
        found = [self._found[number] for number in sorted(self._found)]
        columns = zip(*found, strict=True)
        return {change.name: list(parts) for change, parts in zip(self._noises.changes, columns, strict=False)}

    def _start(self, view: View, number: int) -> None:
        self._wait()
        self._running = self._pool.submit(self._measure, view, number)

    def _measure(self, view: View, number: int) -> None:
        found = []
        for change in self._noises.changes:
            changed = self._task.perturbed(view, self._contract, change, number)
            outputs = self._network({self._contract.input.name: changed.tensor})
            decided = self._task.decide(outputs, self._contract, changed)
            found.append(self._task.agree(self._decided[number], decided))
        self._found[number] = found
