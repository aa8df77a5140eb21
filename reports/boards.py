"""Fit other boards' coefficients to published milliseconds: `python reports/boards.py --fit [--board rk3588]`.

As reports/rk3399.py does for the RK3399: the networks of ncnn's own benchmark are counted on emulated cores and kept,
and coefficients are fitted to the rows of `board_rows.py`. Which board was timed is named below for each kind
of core, since one was timed here and another there.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import board_rows
import published
from fit_latency import NAMES, Fitted, fit_rows, table, write

from edgeface.devices.table import profile

PROFILES = Path(__file__).resolve().parents[1] / "edgeface/devices/profiles"
MARK = "# Fitted by `python reports/boards.py --fit`, which writes everything below this line.\n"
LARGE = frozenset({"vgg16", "vgg16_int8", "resnet50", "yolov4-tiny", "mobilenet_yolo"})
"""Networks that take minutes to count, and far more than any face model: counted on a Cortex-A72 only."""


WORTH = 0.15
"""Mean error of rows that were left out above which a fit is not written: counts do not tell those latencies."""


@dataclass(frozen=True)
class Cores:
    """Cores of a profile, and the board that was timed.

    Attributes:
        device: the profile; `core` and `threads` of it.
        board: as in `board_rows.py`; `source` is who published its figures.
    """

    device: str
    core: str
    threads: int
    board: str
    source: str

    @property
    def title(self) -> str:
        """The device's usual name, with kind and number of the cores."""
        return f"{profile(self.device).title}, {self.core.upper()}×{self.threads}"


def _table(section: str) -> str:
    return f"benchmark/README.md of Tencent/ncnn, 2023: {section}"


PI4 = _table("Raspberry Pi 4 Model B")
TIMED = (
    Cores("rpi4", "a72", 1, "raspberry-pi-4", PI4),
    Cores("rpi4", "a72", 4, "raspberry-pi-4", PI4),
    Cores("rk3588", "a76", 1, "rock-5b", _table("Rockchip RK3588, ROCK 5 Model B")),
    Cores("rk3588", "a76", 4, "orange-pi-5", _table("OrangePi5")),
)


def fitted(cores: Cores) -> Fitted:
    """The fit of some cores, from counts on an emulated core of their kind."""
    rows = _rows(cores)
    (clock_khz,) = {row.clock_khz for row in rows}
    counts = published.remembered_counts([_graph(row) for row in rows], cores.core)
    counted = [published.Row(row.network, row.ms, found) for row, found in zip(rows, counts, strict=True)]
    return fit_rows(cores.core, cores.threads, clock_khz, counted)


def graphs(cores: Cores) -> list[Path]:
    """The graphs that the fit of some cores counts."""
    return [_graph(row) for row in _rows(cores)]


def _rows(cores: Cores) -> list[board_rows.Row]:
    """The rows whose networks' graphs are given."""
    rows = board_rows.rows(cores.board, cores.core, cores.threads)
    return [row for row in rows if _graph(row).exists() and (row.core == "a72" or row.network not in LARGE)]


def _graph(row: board_rows.Row) -> Path:
    return published.DATA / "ncnn_params" / f"{row.network}.param"


def is_worth_it(found: Fitted) -> bool:
    """Whether the fit predicts well enough to be written."""
    return found.error_figures["mean"] <= WORTH


def main() -> None:
    """Fit, show errors, and write the profiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="write the profiles")
    parser.add_argument("--board", choices=sorted({cores.device for cores in TIMED}), help="of one board; default all")
    given = parser.parse_args()
    tables: dict[str, list[str]] = {}
    for cores in TIMED:
        if cores.device == (given.board or cores.device):
            found = fitted(cores)
            _show(cores, found)
            tables.setdefault(cores.device, [])
            if is_worth_it(found):
                tables[cores.device].append(table(found, cores.source))
    for device, found_tables in tables.items() if given.fit else ():
        write(PROFILES / f"{device}.toml", found_tables, MARK)


def _show(cores: Cores, found: Fitted) -> None:
    cycles = ", ".join(f"{name} {value:.2f}" for name, value in zip(NAMES, found.cycles, strict=True))
    figures = ", ".join(f"{name} {value:.1%}" for name, value in found.error_figures.items())
    kept = "" if is_worth_it(found) else "; NOT written"
    what = f"{cores.device} {cores.core}×{cores.threads}, {len(found.rows)} rows"
    print(f"{what}: cycles {cycles}; left out {figures}{kept}")


if __name__ == "__main__":
    main()
