"""The board that this machine is, by the kinds of its cores."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from edgeface.devices.profile import Profile
from edgeface.devices.table import cores

CPUINFO = Path("/proc/cpuinfo")


def board_here(boards: Sequence[Profile]) -> Profile | None:
    """The first of these boards whose cores are those of this machine, number by number; None if none is.

    Raises:
        InputError: a device profile is not usable.
    """
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return board_of(platform.machine(), lines, boards)


def board_of(architecture: str, cpuinfo: Iterable[str], boards: Sequence[Profile]) -> Profile | None:
    """The first of these boards that the lines of /proc/cpuinfo describe. Arguments besides as of `board_here`."""
    parts: dict[int, int] = {}
    number = -1
    for line in cpuinfo:
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "processor" and value.isdecimal():
            number = int(value)
        elif name == "CPU part":
            parts[number] = _hexadecimal(value)
    kinds = {name: core.part for name, core in cores().items()}
    for each in boards:
        wanted = {index: kinds[cluster.core] for index, cluster in each.cores}
        if each.architecture == architecture and wanted == parts:
            return each
    return None


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1
