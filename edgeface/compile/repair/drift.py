"""The drift of a candidate's raw decisions over images."""

from __future__ import annotations

from edgeface.contracts import Contract
from edgeface.tasks import task_of
from edgeface.tasks.drift import Drift
from edgeface.validate.compare import Look


class DriftObserver:
    """Sums the drift of one candidate's decisions, image by image."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._task = task_of(contract)
        self._found: dict[str, Drift] = {}

    def see(self, look: Look) -> None:
        """Add an image."""
        for kind, found in self._task.drift(look.wanted, look.got, self._contract).items():
            self._found[kind] = self._found[kind] + found if kind in self._found else found

    def sizes(self) -> dict[str, float]:
        """The drift of each kind that the images show."""
        return {kind: found.size for kind, found in self._found.items() if found.count}
