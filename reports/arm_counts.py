"""Count what models cost on an emulated device: `python reports/arm_counts.py [--device a72] MODEL…`.

See `edgeface.devices.count`; the emulated devices are set up if they are not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from edgeface.devices.count import Counts, count_models
from edgeface.devices.fitted import fitted_ms, latency_of
from edgeface.devices.install import install
from edgeface.devices.table import emulated


def counts_of(models: Sequence[Path], device: str = "a72") -> list[Counts]:
    """Count one inference of each TFLite model, in one run of the emulator."""
    install(print)
    return count_models(models, device)


def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--device", default="a72", choices=list(emulated()))
    given = parser.parse_args()
    latency = latency_of("rk3399", "a53" if given.device == "a53" else "a72")
    print(f"{'model':30s} {'M instr.':>9} {'vector':>8} {'k L1 misses':>12} {'k L2':>8} {'RK3399 ms':>10}")
    for model, found in zip(given.models, counts_of(given.models, given.device), strict=True):
        row = f"{found.instructions / 1e6:9.2f} {found.vector / 1e6:8.2f} {found.l1_misses / 1e3:12.1f}"
        print(f"{model.name:30s} {row} {found.l2_misses / 1e3:8.1f} {fitted_ms(found, latency):10.2f}")


if __name__ == "__main__":
    main()
