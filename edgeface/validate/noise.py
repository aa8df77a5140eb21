"""The reference's own noise: how far its decisions move where an image barely changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from edgeface.contracts import Contract
from edgeface.images.perturb import Perturbation
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, View
from edgeface.validate.reference import Network


@dataclass(frozen=True)
class NoiseFloor:
    """The reference's agreement with itself on changed images, by the changes' names."""

    by_name: Mapping[str, Agreement]

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """For JSON and the certificate's `noise`."""
        return {name: agreement.as_dict() for name, agreement in self.by_name.items()}


class NoiseMeter:
    """Measures the noise floor image by image, beside whatever its caller does. Use it as a context manager.

    Args:
        network: computes the reference's network; float32, however quick. Its order of summation moves scores by a
            hundredth of what the mildest change does, so its decisions on changed images are compared with the
            reference's on unchanged ones.
        contract: the network's.
        changes: what is done to each image.
    """

    def __init__(self, network: Network, contract: Contract, changes: Sequence[Perturbation]) -> None:
        self._network = network
        self._contract = contract
        self._task = task_of(contract)
        self._changes = tuple(changes)
        self._found: dict[str, Agreement] = {}
        self._images = 0
        self._pool = ThreadPoolExecutor(1)
        self._running: Future[None] | None = None

    def see(self, view: View, decided: Any) -> None:
        """Add an image with the reference's decisions; it is measured while the caller goes on.

        Raises:
            RuntimeFailure: the network failed, on this image or the one before.
        """
        self._wait()
        self._running = self._pool.submit(self._measure, view, decided, self._images)
        self._images += 1

    def floor(self) -> NoiseFloor:
        """The noise floor over all images so far."""
        self._wait()
        return NoiseFloor(dict(self._found))

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

    def _measure(self, view: View, decided: Any, number: int) -> None:
        for change in self._changes:
            changed = self._task.perturbed(view, self._contract, change, number)
            outputs = self._network({self._contract.input.name: changed.tensor})
            agreed = self._task.agree(decided, self._task.decide(outputs, self._contract, changed))
            self._found[change.name] = self._found[change.name] + agreed if change.name in self._found else agreed
