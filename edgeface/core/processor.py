"""The processor at hand, and its class: which instruction sets it has of those that decide what int8 gains."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Processor:
    """A processor: its architecture as `uname -m` prints it, its flags, and the MIDR parts of its cores, if Arm."""

    architecture: str
    flags: frozenset[str]
    parts: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ProcessorClass:
    """Processors with the same instruction sets for int8.

    Attributes:
        name: "avx512_vnni", "avx_vnni", "avx2", "sse2", "i8mm", "neon+dotprod" or "neon".
        title: for sentences.
        architecture: as `uname -m` prints it.
        flags: all of those that the system lists for such a processor.
        dot_product: whether one instruction multiplies int8 and adds the products up in 32 bits.
    """

    name: str
    title: str
    architecture: str
    flags: tuple[str, ...]
    dot_product: bool


CLASSES = (
    ProcessorClass("avx512_vnni", "x86-64 with AVX512-VNNI", "x86_64", ("avx2", "avx512_vnni"), True),
    ProcessorClass("avx_vnni", "x86-64 with AVX-VNNI", "x86_64", ("avx2", "avx_vnni"), True),
    ProcessorClass("avx2", "x86-64 with AVX2, no VNNI", "x86_64", ("avx2",), False),
    ProcessorClass("sse2", "x86-64 without AVX2", "x86_64", (), False),
    ProcessorClass("i8mm", "Arm with int8 matrices", "aarch64", ("asimd", "i8mm"), True),
    ProcessorClass("neon+dotprod", "Arm with the int8 dot product", "aarch64", ("asimd", "asimddp"), True),
    ProcessorClass("neon", "Arm without the int8 dot product", "aarch64", ("asimd",), False),
)
"""The first whose flags a processor has is its class."""


def class_of(processor: Processor) -> ProcessorClass | None:
    """The class of a processor; None where its system lists no flags, or it is of another architecture."""
    if not processor.flags:
        return None
    return next(
        (
            each
            for each in CLASSES
            if each.architecture == processor.architecture and processor.flags.issuperset(each.flags)
        ),
        None,
    )


def class_here() -> ProcessorClass | None:
    """The class of this machine's processor."""
    return class_of(processor_here())


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
