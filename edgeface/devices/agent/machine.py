"""State of a Linux device: processors, clocks, governors and temperatures, read from /proc and /sys."""

from __future__ import annotations

import os
import platform
from typing import Any

_CPUS = "/sys/devices/system/cpu"
_MAX_CPUS, _MAX_ZONES = 64, 32


def describe() -> dict[str, Any]:
    """The device's state; values that cannot be read are None."""
    return {
        "architecture": platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "model": _text("/proc/device-tree/model"),
        "allowed": sorted(os.sched_getaffinity(0))[:_MAX_CPUS],
        "cpus": [_cpu(index) for index in _listed(_text(_CPUS + "/present"))],
        "zones": [zone for zone in map(_zone, range(_MAX_ZONES)) if zone is not None],
    }


def pin(cpus: list[int]) -> str | None:
    """Pin this process and the threads that it starts to processors; the error as text, or None."""
    try:
        os.sched_setaffinity(0, cpus)
    except OSError as error:
        return str(error.strerror)
    return None


def _cpu(index: int) -> dict[str, Any]:
    base = f"{_CPUS}/cpu{index}/"
    midr = _text(base + "regs/identification/midr_el1")
    return {
        "index": index,
        "part": None if midr is None else int(midr, 16) >> 4 & 0xFFF,
        "max_khz": _number(base + "cpufreq/cpuinfo_max_freq"),
        "now_khz": _number(base + "cpufreq/scaling_cur_freq"),
        "governor": _text(base + "cpufreq/scaling_governor"),
    }


def _zone(index: int) -> dict[str, Any] | None:
    base = f"/sys/class/thermal/thermal_zone{index}/"
    millidegrees = _number(base + "temp")
    if millidegrees is None:
        return None
    return {"name": _text(base + "type") or f"zone {index}", "celsius": millidegrees / 1000}


def _listed(ranges: str | None) -> list[int]:
    """The numbers of a list such as 0-3,5."""
    found: list[int] = []
    for part in (ranges or "").split(","):
        ends = part.split("-")
        if ends[0].isdigit() and ends[-1].isdigit():
            found += range(int(ends[0]), min(int(ends[-1]), _MAX_CPUS - 1) + 1)
    return found[:_MAX_CPUS]


def _text(path: str) -> str | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(200).decode("utf-8", "replace").strip("\0\n ")
    except OSError:
        return None


def _number(path: str) -> int | None:
    try:
        return int(_text(path) or "")
    except ValueError:
        return None
