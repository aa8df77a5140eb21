"""Options of a repair."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from edgeface.errors import InputError

Effort = Literal["fast", "default", "max"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
MAX_SLOWDOWN = 10.0
"""A hundred times slower is no limit any more."""

SLOWDOWN_AT_MAX = 0.10


@dataclass(frozen=True)
class RepairOptions:
    """How much is tried so that an artifact is good enough.

    Attributes:
        effort: "fast" only judges; "default" repairs what the gate refuses; "max" also looks for the best accuracy
            that costs at most `max_slowdown`.
        max_slowdown: the share by which the predicted time of a build may grow; None: for "max" a tenth, else any.
        save_recipe: a file for the recipe of the result.
    """

    effort: str = "default"
    max_slowdown: float | None = None
    save_recipe: Path | None = None

    def check(self, targets: int) -> None:
        """Refuse options that cannot be used.

        Raises:
            InputError: an unknown effort, a slowdown that is none, or a recipe for several targets.
        """
        if self.effort not in EFFORTS:
            raise InputError(f"unknown --effort {self.effort!r}", fix=f"use one of {', '.join(EFFORTS)}")
        if self.max_slowdown is not None and not 0 <= self.max_slowdown <= MAX_SLOWDOWN:
            raise InputError("--max-slowdown is a share from 0 % to 1000 %", fix="pass e.g. --max-slowdown 10%")
        if self.max_slowdown is not None and self.effort == "fast":
            raise InputError(
                "--max-slowdown is of no use with --effort fast", fix="leave one of them out: fast changes nothing"
            )
        if self.save_recipe is not None and targets != 1:
            raise InputError(
                "--save-recipe is the recipe of one target", fix="export one target at a time, or leave it out"
            )

    def words(self) -> Iterator[str]:
        """The options on the command line that are not as by default; without files."""
        if self.effort != "default":
            yield from ("--effort", self.effort)
        if self.max_slowdown is not None:
            yield from ("--max-slowdown", f"{100 * self.max_slowdown:g}%")


def parse_slowdown(text: str | None) -> float | None:
    """The share in a text such as "10%" or "0.1".

    Raises:
        InputError: it is neither.
    """
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,6})?)\s*(%?)\s*", text)
    if found is None:
        raise InputError(f"--max-slowdown {text!r} is no share", fix="pass e.g. --max-slowdown 10%")
    return float(found[1]) / (100 if found[2] else 1)
