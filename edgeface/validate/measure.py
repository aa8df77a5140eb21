"""What else is measured of candidates: on images of its own, or beside the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.validate.judge import Observer
from edgeface.validate.reference import Network, Reference


class Measured(Protocol):
    """What was measured of one candidate."""

    def entries(self) -> Mapping[str, Any]:
        """What stands among the certificate's `decisions`."""
        ...

    def requirements(self, limits: Thresholds) -> list[Requirement]:
        """What the thresholds require of it, each with its verdict."""
        ...


class Measure(Protocol):
    """A measurement on images of its own, on which the reference runs once for all candidates."""

    def of(self, reference: Reference, candidates: Sequence[Network]) -> Sequence[Measured]:
        """What is measured of each candidate, in their order.

        Raises:
            InputError: an image cannot be used, or there are too few.
            RuntimeFailure: a network fails.
        """
        ...


class MeasuringObserver(Observer, Protocol):
    """A measurement of one candidate on the judge's own images."""

    def measured(self) -> Measured:
        """What was measured on all images so far."""
        ...
