"""Milliseconds of counts: by a board's fit, by what they go to, and the least that its pipelines take."""

from __future__ import annotations

from collections.abc import Callable

from edgeface.devices.count import Counts
from edgeface.devices.profile_latency import Latency
from edgeface.devices.table import profile
from edgeface.errors import InputError


def latency_of(device: str, core: str, threads: int = 1) -> Latency:
    """The fit of a device for so many cores of a kind.

    Raises:
        InputError: no such device, or its profile has no such [[latency]].
    """
    found = profile(device)
    for each in found.latency:
        if (each.core, each.threads) == (core, threads):
            return each
    known = ", ".join(f"{each.core}×{each.threads}" for each in found.latency)
    raise InputError(
        f"nothing is known of latencies on {core}×{threads} of {found.title}",
        where=device,
        fix=f"use {known}" if known else "docs/add-a-device.md says how [[latency]] is fitted",
    )


TERMS: dict[str, Callable[[Counts], int]] = {
    "vector": lambda counts: counts.vector,
    "other": lambda counts: counts.other,
    "vector_memory": lambda counts: counts.vector_memory,
    "read": lambda counts: counts.reads,
    "write": lambda counts: counts.writes,
    "l1": lambda counts: counts.l1_misses - counts.l2_misses,
    "l2": lambda counts: counts.l2_misses,
    "l2_read": lambda counts: counts.l2_reads,
}
"""What each coefficient in `Cycles` is multiplied by."""
_PARTS = {
    "vector": ("vector",),
    "other": ("other", "vector_memory", "read", "write"),
    "l1": ("l1",),
    "l2": ("l2", "l2_read"),
}


def parts_ms(counts: Counts, latency: Latency) -> dict[str, float]:
    """The fitted milliseconds by what they go to.

    "vector" is arithmetic, "other" all other instructions with their loads and stores, "l1" what misses L1 and hits L2,
    "l2" what misses both.
    """
    cycles = {name: getattr(latency.cycles, name) * term(counts) for name, term in TERMS.items()}
    return {part: sum(cycles[name] for name in names) / latency.clock_khz for part, names in _PARTS.items()}


def fitted_ms(counts: Counts, latency: Latency) -> float:
    """The fitted milliseconds of one inference."""
    return sum(parts_ms(counts, latency).values())


def pipe_ms(counts: Counts, latency: Latency) -> float:
    """The milliseconds that the pipelines take at least, were every load in time and the work shared out evenly."""
    return max(pipes_ms(counts, latency).values())


def pipes_ms(counts: Counts, latency: Latency) -> dict[str, float]:
    """The least milliseconds by the pipeline: multiplications ("product"), "vector" arithmetic, "read" and "issue"."""
    pipe = latency.pipe
    cycles = {
        "product": pipe.product * (counts.float_products + counts.integer_products),
        "vector": pipe.vector * counts.vector,
        "read": pipe.read * counts.reads,
        "issue": pipe.issue * counts.instructions,
    }
    return {name: value / latency.clock_khz / latency.threads for name, value in cycles.items()}
