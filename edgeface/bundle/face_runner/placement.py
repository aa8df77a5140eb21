"""Keep the process on the cores that the bundle recommends for its device."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any


def pin(device: Mapping[str, Any]) -> str:
    """Pin this process to the device's recommended cores as far as the machine has them, and say what was done."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned: this system has no core affinity"
    wanted, there = set(device["cores"]), os.sched_getaffinity(0)
    if not wanted <= there:
        return f"not pinned: cores {sorted(wanted)} are recommended, {sorted(there)} are there"
    os.sched_setaffinity(0, wanted)
    return f"pinned to cores {sorted(wanted)}"
