"""Whether a machine had other work while latencies were taken: long runs are interrupted then, short ones are not."""

from __future__ import annotations

import os
from typing import Any

SPARE = 0.5
"""An export keeps the cores busy itself; beyond them and this much, others do."""


def current_load() -> float:
    """How many processes wanted a core on average in the last minute."""
    return round(os.getloadavg()[0], 1)


def was_busy(latency: dict[str, Any]) -> bool:
    """Whether the machine that a `latency.json` tells of had more to do than it has cores."""
    cores = latency["machine"]["cores"] or 1
    return float(latency["load"]) > cores + SPARE
