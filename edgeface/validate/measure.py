"""Further measurements of candidates: on their own images, or on the judge's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.validate.judge import Observer
from edgeface.validate.reference import Network, Reference


class Measured(Protocol):
    """One candidate's result of a measurement."""

    def entries(self) -> Mapping[str, Any]:
        """Entries of the certificate's `decisions`."""
        ...

    def requirements(self, limits: Thresholds) -> list[Requirement]:
        """The thresholds' requirements on it, each with its verdict."""
        ...


class Measure(Protocol):
    """A measurement on its own images; the reference runs on them once for all candidates."""

    def of(self, reference: Reference, candidates: Sequence[Network]) -> Sequence[Measured]:
        """The result for each candidate, in order.

        Raises:
            InputError: an image cannot be used, or there are too few.
            RuntimeFailure: a network fails.
        """
        ...


class MeasuringObserver(Observer, Protocol):
    """A measurement of one candidate on the judge's images."""

    def measured(self) -> Measured:
        """The result over all images so far."""
        ...
