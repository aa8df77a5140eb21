"""Pinning of the process to the cores that the bundle recommends for its device."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any


def pin(device: Mapping[str, Any]) -> str:
    """Pin this thread, and those that it will start, to the device's recommended cores if the machine has them.

    Returns:
        The outcome as text.
    """
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned: this system has no core affinity"
    wanted, available = set(device["cores"]), os.sched_getaffinity(0)
    if not wanted <= available:
        return f"not pinned: cores {sorted(wanted)} are recommended, {sorted(available)} are available"
    os.sched_setaffinity(0, wanted)
    return f"pinned to cores {sorted(wanted)}"
