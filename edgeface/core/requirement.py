"""One requirement of a gate, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Demand:
    """One demand, what was measured, and whether that meets it."""

    what: str
    limit: str
    measured: str
    met: bool
