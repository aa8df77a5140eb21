"""Predictions for networks that no fit has seen: twins of the given ones, where they were timed on a Cortex-A72."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import boards
import numpy as np
from board_rows import rows
from fit_latency import Fitted, features
from published import DATA, are_remembered, remembered_counts
from rk3399_tables import Cell, figure, table
from twin_graphs import write_twins


@dataclass(frozen=True)
class Unseen:
    """Relative and signed errors by what was predicted, and the predictions as a Markdown table."""

    errors: dict[str, list[float]]
    table: str


def unseen(others: Mapping[boards.Cores, Fitted], own: Fitted, work: Path, remembered_only: bool) -> Unseen:
    """Predictions of the twins.

    Args:
        others: the fits of other boards; those of a Cortex-A72 are asked.
        own: the fit of the RK3399's two large cores, which is asked for another RK3399.
        work: where the twins' graphs are written.
        remembered_only: leave out those whose counts are not kept.
    """
    twins = write_twins(DATA / "ncnn_params", work)
    twins = [twin for twin in twins if not remembered_only or are_remembered([twin], "a72")]
    counts = {path.stem: found for path, found in zip(twins, remembered_counts(twins, "a72"), strict=True)}
    asked = {
        f"{cores.device} A72×{cores.threads}": (fit, rows(cores.board, "a72", cores.threads))
        for cores, fit in others.items()
        if cores.core == "a72"
    }
    asked["Orange Pi 4 LTS A72×2"] = (own, rows("orange-pi-4-lts", "a72", 2))
    errors: dict[str, list[float]] = {}
    cells: list[list[Cell]] = []
    for name, (fit, published) in asked.items():
        for row in published:
            if row.network in counts:
                ms = float(np.dot(features(counts[row.network]), fit.cycles)) / fit.clock_khz
                errors.setdefault(name, []).append(ms / row.ms - 1)
                cells.append([name, row.network, figure(row.ms), figure(ms), f"{ms / row.ms - 1:+.1%}"])
    return Unseen(errors, table(("cores", "network", "published ms", "predicted ms", "error"), cells))
