"""Calibration run: statistics of every activation of a graph over all calibration images, in constant memory.

Every image gives exact bounds. The images that `Sampling` takes give histograms and second moments too, for which the
network is run with all its values as outputs; for the others it outputs only bounds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from edgeface.core.prefetch import map_ahead, processors
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.quantize.bounds import Bounds
from edgeface.quantize.sampling import Sampling
from edgeface.quantize.statistics import STATISTICS, CalibrationStats, Statistic
from edgeface.quantize.sums import Seen, Sums

Run: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]


@dataclass(frozen=True)
class Runs:
    """Evaluations of a graph: `values` returns all computed values by name, `bounds` the outputs of `Bounds.model`."""

    values: Run
    bounds: Run | None = None


def graph_digest(graph: Graph) -> str:
    """SHA-256 of the graph as ONNX, which ties statistics to the graph that they describe."""
    return hashlib.sha256(write_onnx(graph)).hexdigest()


def observed_onnx(graph: Graph) -> bytes:
    """The graph as ONNX with every computed value as an output."""
    return write_onnx(graph, [name for name in graph.reals if name not in graph.inputs])


def observe(
    graph: Graph, run: Run, feeds: Iterable[Mapping[str, Array]], needed: Collection[Statistic] = STATISTICS
) -> CalibrationStats:
    """Statistics of every value of a graph over all feeds, each sampled as closely as one of a few dozen images.

    Args:
        graph: the graph.
        run: evaluates the graph and returns all computed values by name; see `observed_onnx`.
        feeds: the graph's inputs for each image, float32.
        needed: kinds of statistics to gather; ranges are always included.
    """
    return observe_listed(Bounds(graph), Runs(run), enumerate(feeds), needed)


def observe_listed(
    bounds: Bounds,
    runs: Runs,
    feeds: Iterable[tuple[int, Mapping[str, Array]]],
    needed: Collection[Statistic] = STATISTICS,
    sampling: Sampling | None = None,
) -> CalibrationStats:
    """Statistics of every value of a graph over images of a list, or over a part of the list.

    Args:
        bounds: the bounds of the graph that the statistics are to describe.
        runs: evaluations of that graph.
        feeds: for each image its index in the whole list, and the graph's inputs, float32.
        needed: kinds of statistics to gather; ranges are always included.
        sampling: the samples of the whole list; by default every image gives as many as one of a few dozen.

    Returns:
        The statistics. Those of parts add up to those of the whole, bit by bit.
    """
    return sum_listed(bounds, runs, feeds, needed, sampling).statistics(graph_digest(bounds.graph))


def sum_listed(
    bounds: Bounds,
    runs: Runs,
    feeds: Iterable[tuple[int, Mapping[str, Array]]],
    needed: Collection[Statistic] = STATISTICS,
    sampling: Sampling | None = None,
) -> Sums:
    """What the statistics of `observe_listed` are made from; arguments as there."""
    chosen = sampling or Sampling()

    def look(item: tuple[int, Mapping[str, Array]]) -> Seen:
        index, feed = item
        if runs.bounds is not None and not chosen.takes(index):
            return Seen(index, bounds.of_outputs(runs.bounds(feed)))
        values = {**feed, **runs.values(feed)}
        return Seen(index, bounds.of_values(values), values)

    sums = Sums(bounds, chosen, held_kinds(needed))
    with ThreadPoolExecutor(processors()) as pool:
        for seen in map_ahead(look, feeds):
            sums.add(seen, pool)
    return sums


def held_kinds(needed: Collection[Statistic]) -> tuple[Statistic, ...]:
    """The kinds of statistics that are gathered where some are needed, in their order."""
    return tuple(kind for kind in STATISTICS if kind in {"ranges", *needed})
