"""Fit the RK3399's coefficients to published milliseconds: `python reports/rk3399.py --fit`.

Networks of ncnn's own benchmark are counted on emulated cores (`published.py`, kept, so that a second time takes
seconds), coefficients are fitted by least absolute deviations and judged on each row in turn when it is left out
(`fit_latency.py`), and [[latency]] of `edgeface/devices/profiles/rk3399.toml` is written.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from fit_latency import NAMES, Fitted, fit_rows, table, write
from published import rows_of

from edgeface.devices.table import profile

PROFILE = Path(__file__).resolve().parents[1] / "edgeface/devices/profiles/rk3399.toml"
SOURCE = "ncnn's own benchmark on a NanoPC-T4"
CORES = (("a72", 1), ("a72", 2), ("a53", 1), ("a53", 4))
COUNTED_ON = {"a53": "a72"}
"""The ncnn that was measured seems to have lacked kernels of its own for a Cortex-A53: counts on a Cortex-A72 explain
its rows better (8.7 % instead of 11.9), those of a newer ncnn on another RK3399 worse."""


def fits(kinds: Collection[str] = ("a72", "a53")) -> list[Fitted]:
    """The fits of the RK3399's cores of some kinds, from counts on an emulated core."""
    clocks = {cluster.core: cluster.max_khz for cluster in profile("rk3399").clusters}
    found = []
    for core, threads in CORES:
        if core in kinds:
            counted_on = COUNTED_ON.get(core)
            found.append(fit_rows(core, threads, clocks[core], rows_of(core, threads, counted_on), counted_on))
    return found


def main() -> None:
    """Fit, show errors, and write the profile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="write the profile")
    given = parser.parse_args()
    found = fits()
    for each in found:
        cycles = ", ".join(f"{name} {value:.2f}" for name, value in zip(NAMES, each.cycles, strict=True))
        figures = ", ".join(f"{name} {value:.1%}" for name, value in each.error_figures.items())
        print(f"{each.core}×{each.threads}, {len(each.rows)} rows: cycles {cycles}; left out {figures}")
    if given.fit:
        write(PROFILE, [table(each, SOURCE) for each in found])


if __name__ == "__main__":
    main()
