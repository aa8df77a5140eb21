"""Milliseconds of counts: by a board's fit, by what they go to, and the least that its pipelines take."""

from __future__ import annotations

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


def parts_ms(counts: Counts, latency: Latency) -> dict[str, float]:
    """The fitted milliseconds by what they go to: "vector", "other", "l1" and "l2", as in `Cycles`."""
    cycles = {
        "vector": latency.cycles.vector * counts.vector,
        "other": latency.cycles.other * counts.other,
        "l1": latency.cycles.l1 * (counts.l1_misses - counts.l2_misses),
        "l2": latency.cycles.l2 * counts.l2_misses,
    }
    return {name: value / latency.clock_khz for name, value in cycles.items()}


def fitted_ms(counts: Counts, latency: Latency) -> float:
    """The fitted milliseconds of one inference."""
    return sum(parts_ms(counts, latency).values())


def pipe_ms(counts: Counts, latency: Latency) -> float:
    """The milliseconds that the pipelines take at least, were every load in time and the work shared out evenly."""
    return max(pipes_ms(counts, latency).values())


def pipes_ms(counts: Counts, latency: Latency) -> dict[str, float]:
    """The least milliseconds by what limits them: "vector" arithmetic, "products" of integers, "reads", "issue"."""
    pipe = latency.pipe
    cycles = {
        "vector": pipe.product * counts.float_products + pipe.vector * (counts.vector - counts.float_products),
        "products": pipe.product * counts.integer_products,
        "reads": pipe.read * counts.reads,
        "issue": pipe.issue * counts.instructions,
    }
    return {name: value / latency.clock_khz / latency.threads for name, value in cycles.items()}
