"""The least time that a core's pipelines take for counted instructions, whatever its caches do."""

from __future__ import annotations

from edgeface.devices.count import Counts

ISSUED = 3
"""Instructions that a Cortex-A72 takes in a cycle; a Cortex-A53 two."""
VECTOR_CYCLES = 0.67
"""One multiplication of 128 bits ends in a cycle, of other vector instructions two."""


def pipe_cycles(counts: Counts) -> float:
    """Cycles that the pipelines need at least."""
    return max(counts.instructions / ISSUED, counts.vector * VECTOR_CYCLES)
