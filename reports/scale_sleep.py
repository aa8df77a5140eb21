"""A task that takes time and no processor, in a module of its own: workers elsewhere import it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

WARM_S = 0.02


@dataclass(frozen=True)
class Sleep:
    """Parts that sleep for some seconds, those below 0 hardly.

    A late part takes longer, unless another worker has begun with it before.

    Attributes:
        seconds: of a part.
        late: the number of the late part; none if negative.
        late_s: seconds of the late part on the worker that gets it first.
        notes: a folder, in which that worker leaves a note.
    """

    seconds: float
    late: int = -1
    late_s: float = 0.0
    notes: Path = Path()

    def open(self) -> Callable[[Sequence[int]], tuple[int, int]]:
        """The computation."""
        return self._sleep

    def _sleep(self, part: Sequence[int]) -> tuple[int, int]:
        note = self.notes / "begun"
        if part[0] == self.late and not note.exists():
            note.touch()
            time.sleep(self.late_s)
        else:
            time.sleep(self.seconds if part[0] >= 0 else WARM_S)
        return part[0], os.getpid()
