"""A board's coefficients: what a count costs in cycles, and what other runtimes take of the fitted figure."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.devices.table import profile
from edgeface.errors import InputError


@dataclass(frozen=True)
class Fit:
    """Cycles of each count on some cores of a board, fitted to published milliseconds of one runtime.

    Attributes:
        core, threads: the cores; counts are those of one core.
        clock_khz: cycles per millisecond.
        vector, other, l1, l2: cycles of a vector instruction, another one, an L1 miss that hits L2, an L2 miss.
        mean_error, p90_error: of rows that were not fitted, as shares.
        rows: networks that were fitted to.
        runtime, version: what was published.
        source: who published.
    """

    core: str
    threads: int
    clock_khz: int
    vector: float
    other: float
    l1: float
    l2: float
    mean_error: float
    p90_error: float
    rows: int
    runtime: str
    version: str
    source: str


@dataclass(frozen=True)
class Factor:
    """What a runtime takes of the fitted figure: shares, and why; None where nothing was published to say so."""

    expected: float
    low: float
    high: float
    reason: str


_RK3399 = (
    Fit(
        "a72", 1, 1_800_000, 0.75, 2.08, 5.1, 14.4, 0.052, 0.105, 33, "ncnn", "2023", "ncnn's benchmark on a NanoPC-T4"
    ),
)
_FITS = {"rk3399": _RK3399}
_ANCHOR = "by XNNPACK's own figures on a Raspberry Pi 4"
_FACTORS = {
    ("litert", "int8"): Factor(0.75, 0.53, 0.89, _ANCHOR),
    ("litert", "float32"): Factor(0.85, 0.75, 0.95, _ANCHOR),
}


def fits_of(device: str) -> tuple[Fit, ...]:
    """The fits of a board, by core and threads, its fastest cores first.

    Raises:
        InputError: no such device, or its profile has no latency tables.
    """
    board = profile(device)
    found = _FITS.get(device, ())
    if not found:
        raise InputError(
            f"nothing is known of latencies on {board.title}: its profile has no [[latency]]",
            where=device,
            fix=f"use one of {', '.join(_FITS)}; docs/predict.md says how to fit a board",
        )
    return found


def factor_of(device: str, runtime: str, dtype: str) -> Factor | None:
    """What a runtime takes of the fitted figure; None where nothing was published to say so."""
    return _FACTORS.get((runtime, dtype)) if fits_of(device) else None
