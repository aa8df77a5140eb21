"""One requirement of a gate, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """One requirement, what was measured, and whether that meets it."""

    what: str
    limit: str
    measured: str
    met: bool
