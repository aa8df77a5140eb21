"""Coefficients of a board fitted to published milliseconds, with errors of rows that were left out, as its profile has.

`reports/rk3399.py --fit` writes the RK3399's. For another board: count its networks (`published.remembered_counts`),
`fit_rows`, and write what `table` gives into its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from least_absolute import fit, left_out_errors
from published import VERSION, Row

from edgeface.devices.count import Counts
from edgeface.devices.fitted import TERMS
from edgeface.devices.profile_latency import Pipe
from edgeface.graph.types import Array

MARK = "# Fitted by `python reports/rk3399.py --fit`, which writes everything below this line.\n"
NAMES = ("vector", "read", "write", "l2_read", "vector_memory")
"""Coefficients, see `Cycles`. What else was tried added nothing: all instructions, L1 misses, misses of stores, runs of
misses that a prefetcher sees, products apart from other vector arithmetic."""
TITLES = (
    "instruction of vector arithmetic",
    "load of 64 bits",
    "store of 64 bits",
    "load that misses L2",
    "vector load or store",
)
CHOICES = ((0, 1, 2, 3), (0, 4, 3))
"""Which coefficients are fitted together: loads and stores by their size, or by their number. A fit takes what leaves
less error to networks that were left out."""


@dataclass(frozen=True)
class Fitted:
    """Coefficients in cycles for some cores, and what they miss.

    Attributes:
        cycles: of each count in NAMES; float64 [K].
        errors: relative and signed, of each row when it was left out; float64 [N].
        counted_on: kind of core whose counts they are, if another.
    """

    core: str
    threads: int
    clock_khz: int
    rows: Sequence[Row]
    cycles: Array
    errors: Array
    counted_on: str | None = None

    @property
    def error_figures(self) -> dict[str, float]:
        """Mean, median, 90th percentile and maximum of the errors' magnitudes."""
        size = np.abs(self.errors)
        figures = {"mean": size.mean(), "median": np.median(size), "p90": np.percentile(size, 90), "max": size.max()}
        return {name: float(figure) for name, figure in figures.items()}


def features(counts: Counts) -> list[int]:
    """What the coefficients in NAMES multiply."""
    return [TERMS[name](counts) for name in NAMES]


def fit_rows(core: str, threads: int, clock_khz: int, rows: Sequence[Row], counted_on: str | None = None) -> Fitted:
    """The fit to rows, each left out in turn, with the choice of coefficients that does better then.

    Args:
        core: kind of core that was measured.
        threads: how many ran.
        clock_khz: of the core.
        rows: published milliseconds with counts.
        counted_on: kind of core whose counts they are, if another.
    """
    counted = np.array([features(row.counts) for row in rows], np.float64)
    wanted = np.array([row.ms * clock_khz for row in rows])
    tried = [(left_out_errors(counted[:, chosen], wanted), chosen) for chosen in CHOICES]
    errors, chosen = min(tried, key=lambda one: float(np.abs(one[0]).mean()))
    cycles = np.zeros(len(NAMES))
    cycles[list(chosen)] = fit(counted[:, chosen], wanted)
    return Fitted(core, threads, clock_khz, rows, cycles, errors, counted_on)


PIPES = {
    # Arm's Software Optimization Guide for the Cortex-A72: of its two vector pipelines (F0, F1), both together take one
    # floating-point product of 128 bits a cycle, and F0 alone one of integers; of most other vector instructions two a
    # cycle. One load of up to 128 bits a cycle, which counts as two reads. Three instructions start in a cycle.
    "a72": Pipe(product=1, vector=0.5, read=0.5, issue=0.333),
    # A Cortex-A53 multiplies as many bits a cycle, loads 64 bits in one, and issues two instructions.
    "a53": Pipe(product=1, vector=0.5, read=1, issue=0.5),
    # A Cortex-A55 is as wide, but loads and stores at once.
    "a55": Pipe(product=1, vector=0.5, read=1, issue=0.5),
    # Cortex-A76 Software Optimization Guide: two vector pipelines of 128 bits, two loads of 128 bits in a cycle, which
    # count as four reads, and four instructions decoded in a cycle.
    "a76": Pipe(product=0.5, vector=0.5, read=0.25, issue=0.25),
}


def table(found: Fitted, source: str) -> str:
    """The [[latency]] of a fit, as TOML.

    Args:
        found: the fit.
        source: who published the milliseconds.
    """
    pipe = PIPES[found.core]
    cycles = ", ".join(f"{name} = {value:.3f}" for name, value in zip(NAMES, found.cycles, strict=True) if value)
    counted = "" if found.counted_on is None else f'counted_on = "{found.counted_on}"\n'
    pipes = ", ".join(f"{name} = {value}" for name, value in pipe.model_dump().items())
    errors = "".join(f"{name}_error = {value:.4f}\n" for name, value in found.error_figures.items())
    return (
        f'\n[[latency]]\ncore = "{found.core}"\nthreads = {found.threads}\n{counted}clock_khz = {found.clock_khz:_}\n'
        f"cycles = {{ {cycles} }}\npipe = {{ {pipes} }}\nrows = {len(found.rows)}\n{errors}"
        f'runtime = "ncnn"\nversion = "{VERSION}"\nsource = "{source}"\ndate = "{date.today()}"\n'
    )


def write(path: Path, tables: Sequence[str], mark: str = MARK) -> None:
    """Replace what stands below the mark in a profile; the file must have that line."""
    text = path.read_text(encoding="utf-8")
    kept, found, _ = text.partition(mark)
    assert found, f"{path} lacks the line {mark!r}"
    path.write_text(kept + mark + "".join(tables), encoding="utf-8")
