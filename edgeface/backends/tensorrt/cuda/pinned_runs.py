"""Runs on a GPU from and to pinned memory, which a runner lends."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array


class PinnedBuffers(Protocol):
    """A model bound to pinned memory of fixed shapes."""

    def pinned(self) -> dict[str, Array]:
        """The inputs' pinned memory."""
        ...

    def run_pinned(self) -> dict[str, Array]:
        """Run on what is in the inputs' pinned memory; the outputs' pinned memory."""
        ...


class PinnedRuns(ABC):
    """A runner whose model is bound to pinned memory; its threads take turns."""

    where: str
    _turn: threading.Lock

    @abstractmethod
    def _bind(self, shapes: Mapping[str, tuple[int, ...]]) -> PinnedBuffers:
        """The model, bound to inputs of these shapes."""

    @abstractmethod
    def _latest(self) -> PinnedBuffers | None:
        """The model as it was bound last; None if it is not."""

    def pinned(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
        """Arrays of these shapes on the inputs' pinned memory, for `run_pinned`; a run of other shapes ends them."""
        with self._turn:
            return self._bind(shapes).pinned()

    def run_pinned(self) -> dict[str, Array]:
        """Run on what was written into the arrays that `pinned` gave; the outputs' pinned memory, until the next run.

        It saves the copies of `run` from and to other memory, which take longer than a small network.

        Raises:
            RuntimeFailure: `pinned` was not called, or the run fails.
        """
        with self._turn:
            bound = self._latest()
            if bound is None:
                raise RuntimeFailure("no inputs are bound", where=self.where, fix="write into the arrays of `pinned`")
            return bound.run_pinned()
