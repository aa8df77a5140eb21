"""The table for the processor at hand, chosen by what it says of itself."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from edgeface.cost.prices.table import PriceTable, price_tables

CPUINFO = Path("/proc/cpuinfo")
_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Processor:
    """A processor: its architecture as `uname -m` prints it, its flags, and the MIDR parts of its cores, if Arm."""

    architecture: str
    flags: frozenset[str]
    parts: frozenset[int] = frozenset()


def table_here() -> PriceTable | None:
    """The table for this machine's processor; None where none describes it."""
    return table_for(processor_here())


def table_for(processor: Processor, tables: Iterable[PriceTable] | None = None) -> PriceTable | None:
    """The table that describes a processor, of several the one that asks for most; None if there is none."""
    fitting = [table for table in (price_tables().values() if tables is None else tables) if _fits(table, processor)]
    return max(fitting, key=lambda table: (len(table.applies.parts) > 0, len(table.applies.flags)), default=None)


def processor_here() -> Processor:
    """This machine's processor, as its system describes it."""
    machine = platform.machine().lower()
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return processor_of(_NAMES.get(machine, machine), lines)


def processor_of(architecture: str, cpuinfo: Iterable[str]) -> Processor:
    """The processor that the lines of /proc/cpuinfo describe."""
    flags: set[str] = set()
    parts: set[int] = set()
    for line in cpuinfo:
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"} and not flags:
            flags.update(value.split())
        if name.strip() == "CPU part":
            parts.add(_number(value))
    return Processor(architecture, frozenset(flags), frozenset(parts))


def _number(text: str) -> int:
    try:
        return int(text.strip(), 0)
    except ValueError:
        return -1


def _fits(table: PriceTable, processor: Processor) -> bool:
    applies = table.applies
    if applies.architecture != processor.architecture or not _has(processor.flags, applies.flags):
        return False
    if any(flag in processor.flags for flag in applies.without):
        return False
    return not applies.parts or bool(processor.parts.intersection(applies.parts))


def _has(flags: Collection[str], wanted: Iterable[str]) -> bool:
    """Whether every flag is there; "a|b" asks for either."""
    return all(any(each in flags for each in flag.split("|")) for flag in wanted)
