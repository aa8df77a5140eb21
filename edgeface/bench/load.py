"""The machine's load while latencies were measured: other work interrupts long runs more than short ones."""

from __future__ import annotations

import os
from typing import Any

SPARE = 0.5
"""An export itself keeps the cores busy; load beyond the cores and this margin is from other processes."""


def current_load() -> float:
    """The average number of runnable processes in the last minute."""
    return round(os.getloadavg()[0], 1)


def was_busy(latency: dict[str, Any]) -> bool:
    """Whether the machine of a `latency.json` had a higher load than it has cores."""
    cores = latency["machine"]["cores"] or 1
    return float(latency["load"]) > cores + SPARE
