"""The summary of a campaign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.hostile.watch import Outcome

HEADER = ("kind", "inputs", "accepted", "refused", "failed", "slowest (ms of CPU)", "peak (MB)")
FAILURES_KEPT = 40


@dataclass
class Tally:
    """Outcomes of one kind: counts by state, the slowest and largest, and the first failures by index."""

    states: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    peak_mb: float = 0.0
    failures: list[tuple[int, Outcome]] = field(default_factory=list)

    def add(self, index: int, outcome: Outcome) -> None:
        """Count an outcome."""
        self.states[outcome.state] += 1
        self.cpu_s += outcome.cpu_s
        self.slowest_s = max(self.slowest_s, outcome.cpu_s)
        self.peak_mb = max(self.peak_mb, outcome.peak_mb)
        if outcome.failed:
            self.failures.append((index, outcome))

    @property
    def failed(self) -> int:
        """Number of inputs that came to what must not be."""
        return len(self.failures)

    def row(self, name: str) -> tuple[str, ...]:
        """Cells under `HEADER`."""
        counts = (self.states.total(), self.states["accepted"], self.states["refused"], self.failed)
        return (name, *(f"{count:,}" for count in counts), f"{self.slowest_s * 1000:.0f}", f"{self.peak_mb:.0f}")


def markdown(tallies: dict[str, Tally]) -> str:
    """The table, with a line for all kinds."""
    rows = [tally.row(name) for name, tally in tallies.items()]
    every = Tally()
    for tally in tallies.values():
        every.states += tally.states
        every.failures += tally.failures
        every.slowest_s = max(every.slowest_s, tally.slowest_s)
        every.peak_mb = max(every.peak_mb, tally.peak_mb)
    rows.append(every.row("all"))
    ruler = ("---", *("--:" for _ in HEADER[1:]))
    return "\n".join("| " + " | ".join(row) + " |" for row in (HEADER, ruler, *rows))


def failures_text(tallies: dict[str, Tally]) -> str:
    """The first failures of each kind, one a line, with the command that makes the input again."""
    lines = []
    for name, tally in tallies.items():
        for index, outcome in sorted(tally.failures, key=lambda item: item[0])[:FAILURES_KEPT]:
            lines.append(f"python -m tests.hostile {name} {index}: {outcome.state}: {outcome.said} [{outcome.note}]")
        if tally.failed > FAILURES_KEPT:
            lines.append(f"{name}: and {tally.failed - FAILURES_KEPT} more")
    return "\n".join(lines)
