"""Tables of reports/rk3399.md as Markdown, from values alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, median

MACS_PER_CYCLE = {"float32": 4, "bfloat16": 4, "int8": 8}
"""Of one Cortex-A72 or A53: a 128-bit multiply–accumulate per cycle, which for int8 is one half of a long product;
bfloat16 is computed in float32."""
Cell = str | float | int


def limit_ms(macs: int, dtype: str, clock_khz: int, threads: int) -> float:
    """Milliseconds that so many multiply–accumulates need at least on so many cores, with nothing else to do.

    Winograd's convolution needs fewer of them than the network has, so it may be below.
    """
    return macs / MACS_PER_CYCLE[dtype] / clock_khz / threads


def errors_row(errors: Sequence[float]) -> list[Cell]:
    """Mean, median, 90th percentile and largest of absolute errors, and the mean with sign, in percent.

    Args:
        errors: shares, at least one.
    """
    sizes = sorted(abs(error) for error in errors)
    ninetieth = percentile(sizes, 0.9)
    shown = (mean(sizes), median(sizes), ninetieth, sizes[-1])
    return [*(f"{value:.1%}" for value in shown), f"{mean(errors):+.1%}"]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of ascending values lies, interpolated linearly."""
    position = share * (len(ordered) - 1)
    below, above = math.floor(position), math.ceil(position)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def errors_table(errors: Mapping[str, Sequence[float]]) -> str:
    """A row for each set of predictions, by its name."""
    heads = ("predictions of", "networks", "mean", "median", "90th percentile", "worst", "bias")
    return table(heads, ([name, len(found), *errors_row(found)] for name, found in errors.items()))


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def figure(ms: float) -> str:
    """Milliseconds with three digits, or none after the point."""
    return f"{ms:.0f}" if ms >= 99.95 else f"{ms:.1f}" if ms >= 9.995 else f"{ms:.2f}"


def span(low_ms: float, high_ms: float) -> str:
    """A range of milliseconds."""
    return f"{figure(low_ms)} – {figure(high_ms)}"
