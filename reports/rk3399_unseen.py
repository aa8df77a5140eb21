"""Predictions for networks that no fit has seen: twins of the given ones, where they were timed on a Cortex-A72."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import boards
import numpy as np
from board_rows import rows
from fit_latency import Fitted, features
from latency_plot import Point
from published import DATA, are_remembered, remembered_counts
from rk3399_tables import Cell, figure, table
from twin_graphs import write_twins


@dataclass(frozen=True)
class Unseen:
    """Predictions by cores, as points of a plot and as a Markdown table."""

    points: dict[str, list[Point]]
    table: str

    @property
    def errors(self) -> dict[str, list[float]]:
        """Relative and signed errors by cores."""
        return {name: [point.ratio - 1 for point in points] for name, points in self.points.items()}


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
        f"{cores.title}": (fit, rows(cores.board, "a72", cores.threads))
        for cores, fit in others.items()
        if cores.core == "a72"
    }
    asked["Orange Pi 4 LTS A72×2"] = (own, rows("orange-pi-4-lts", "a72", 2))
    points: dict[str, list[Point]] = {}
    cells: list[list[Cell]] = []
    for name, (fit, published) in asked.items():
        for row in published:
            if row.network in counts:
                ms = float(np.dot(features(counts[row.network]), fit.cycles)) / fit.clock_khz
                points.setdefault(name, []).append(Point(row.network, row.ms, ms, unseen=True))
                cells.append([name, row.network, figure(row.ms), figure(ms), f"{ms / row.ms - 1:+.1%}"])
    return Unseen(points, table(("cores", "network", "published ms", "predicted ms", "error"), cells))
