"""A target's model, opened where it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edgeface.backends import runtime_named
from edgeface.backends.runtime import Runner
from edgeface.backends.target import Target


@dataclass(frozen=True)
class Opened:
    """A loaded model, and where it runs if that matters to its results; None for this machine's processor."""

    runner: Runner
    place: str | None = None

    @property
    def facts(self) -> dict[str, str]:
        """For a certificate's kernels."""
        return {} if self.place is None else {"judged_on": self.place}


OpenModel: TypeAlias = Callable[[Target, Path, int], Opened]
"""Opens a model file of a target for a number of threads."""


def open_here(target: Target, model: Path, threads: int = 1) -> Opened:
    """A model in its target's runtime on this machine.

    Raises:
        InputError: the model is missing or damaged, or the runtime is not installed.
        RuntimeFailure: the runtime refuses the model.
    """
    return Opened(runtime_named(target.runtime).open(model, threads))
