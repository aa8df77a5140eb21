"""Published latencies of ncnn's benchmark networks on other boards: reports/data/ncnn_boards.csv.

The figures are means of the table in `benchmark/README.md` of the repository Tencent/ncnn, as it was in the second half
of 2023 (363 743 characters; sections "Raspberry Pi 4 Model B", "OrangePi4 LTS", "OrangePi5", "Rockchip RK3588" of a
ROCK 5 Model B, "Station-M3/ROC-RK3588S-PC" and "Station-M2/ROC-RK3566-PC"). Where a board was timed with one thread on
all its cores, the kind of core that the figures fit is given.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

ROWS = Path(__file__).with_name("data") / "ncnn_boards.csv"


@dataclass(frozen=True)
class Row:
    """Mean milliseconds of one network with so many threads on cores of one kind, at their highest clock."""

    board: str
    core: str
    threads: int
    clock_khz: int
    network: str
    ms: float

    @property
    def cores(self) -> str:
        """Kind and number of the cores: A72×2."""
        return f"{self.core.upper()}×{self.threads}"


def rows(board: str | None = None, core: str | None = None, threads: int | None = None) -> tuple[Row, ...]:
    """The rows of a board, a kind of core and a number of threads; None takes each."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        read = [
            Row(r["board"], r["core"], int(r["threads"]), int(r["clock_khz"]), r["network"], float(r["ms"]))
            for r in csv.DictReader(file)
        ]
    asked = {"board": board, "core": core, "threads": threads}
    wanted = {key: value for key, value in asked.items() if value is not None}
    return tuple(row for row in read if all(getattr(row, key) == value for key, value in wanted.items()))
