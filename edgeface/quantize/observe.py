"""Calibration run: statistics of every activation of a graph over all calibration images, in constant memory.

Every image gives exact bounds. The images that `Sampling` takes give histograms and second moments too, for which the
network is run with all its values as outputs; for the others it outputs only bounds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np

from edgeface.core.prefetch import map_ahead, processors
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.quantize.bounds import Bounds, Ends
from edgeface.quantize.exact_sum import ExactSum, mean_moments
from edgeface.quantize.histogram import BINS, add_counts, bins_of
from edgeface.quantize.patches import convolutions, moment_shape, patch_products
from edgeface.quantize.sampling import Sampling
from edgeface.quantize.statistics import STATISTICS, CalibrationStats, Statistic, ValueStats, thinned

Run: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]

TOTAL_UNIT = 2.0**-20
"""Sums of samples are rounded to multiples of this, image by image, so that they add up the same in any order."""

COUNTED_TOGETHER = 2_048
"""Samples per channel that are counted at once."""


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
    return write_onnx(graph, [name for name in graph.activations if name not in graph.inputs])


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
    chosen = sampling or Sampling()

    def look(item: tuple[int, Mapping[str, Array]]) -> _Seen:
        index, feed = item
        if runs.bounds is not None and not chosen.takes(index):
            return _Seen(index, bounds.of_outputs(runs.bounds(feed)))
        values = {**feed, **runs.values(feed)}
        return _Seen(index, bounds.of_values(values), values)

    holds = tuple(kind for kind in STATISTICS if kind in {"ranges", *needed})
    sums = _Sums(bounds, chosen, holds)
    with ThreadPoolExecutor(processors()) as pool:
        for seen in map_ahead(look, feeds):
            sums.add(seen, pool)
    return sums.statistics()


@dataclass(frozen=True)
class _Seen:
    """One image: its index, the measured bounds and, where it is sampled, all values."""

    index: int
    ends: Ends
    values: Mapping[str, Array] | None = None


class _Sums:
    """What the images add up to."""

    def __init__(self, bounds: Bounds, sampling: Sampling, holds: tuple[Statistic, ...]) -> None:
        self.graph, self.bounds, self.sampling, self.holds = bounds.graph, bounds, sampling, holds
        self.ends: Ends | None = None
        self.images = self.sampled = 0
        bins = BINS if "histograms" in holds else 0
        self.samples = {name: _Samples.empty(bounds.channels(name), bins) for name in self.graph.activations}
        self.nodes = convolutions(self.graph) if "second_moments" in holds else []
        self.moments = {node.output: ExactSum.zeros(moment_shape(self.graph, node)) for node in self.nodes}

    def add(self, seen: _Seen, pool: ThreadPoolExecutor) -> None:
        """Add one image: each value and each convolution by one thread."""
        self.images += 1
        self.ends = seen.ends if self.ends is None else _wider(self.ends, seen.ends)
        if seen.values is None:
            return
        self.sampled += 1
        values, image = seen.values, seen.index
        places = range(len(self.nodes)) if self.sampling.takes_patches(image) else ()
        work = [partial(self._add_moment, image, place, values) for place in places]
        for name, samples in self.samples.items():
            work.append(partial(samples.add, values[name], image, self.sampling))
        left = iter(work)
        for done in [pool.submit(_work_off, left) for _ in range(processors())]:
            done.result()

    def _add_moment(self, image: int, place: int, values: Mapping[str, Array]) -> None:
        node, seed = self.nodes[place], image * len(self.nodes) + place
        products, count = patch_products(self.graph, node, values[node.inputs[0]], seed, self.sampling.patches)
        self.moments[node.output].add(products, 1 / count)

    def statistics(self) -> CalibrationStats:
        """The statistics of all images."""
        digest = graph_digest(self.graph)
        if self.ends is None:
            return CalibrationStats({}, {}, 0, digest, self.holds)
        values = {}
        for name, ends in self.bounds.of_every_value(self.ends).items():
            self.samples[name].settle()
            samples, (low, high) = self.samples[name], (end.astype(np.float64) for end in ends)
            values[name] = ValueStats(samples.counts, low, high, samples.total, samples.count)
        means, sums = mean_moments(self.moments), self.moments
        return CalibrationStats(values, means, self.images, digest, self.holds, sampled=self.sampled, sums=sums)


@dataclass
class _Samples:
    """The samples of one value: counts int64 [channels, BINS] or [channels, 0], total float64 [channels].

    `waiting` are bins of samples that are not counted yet, since counting a few takes as long as counting many.
    """

    counts: Array
    total: Array
    count: int = 0
    waiting: list[Array] = field(default_factory=list)

    @classmethod
    def empty(cls, channels: int, bins: int) -> _Samples:
        """No samples yet."""
        return cls(np.zeros((channels, bins), np.int64), np.zeros(channels))

    def add(self, data: Array, image: int, sampling: Sampling) -> None:
        """Add an image's value of that index."""
        flat = thinned(data, sampling.stride(data.shape), image)
        if self.counts.size:
            self.waiting.append(bins_of(flat))
            if sum(bins.shape[1] for bins in self.waiting) >= COUNTED_TOGETHER:
                self.settle()
        self.total += np.rint(flat.sum(axis=1, dtype=np.float64) / TOTAL_UNIT) * TOTAL_UNIT
        self.count += flat.shape[1]

    def settle(self) -> None:
        """Count what waits."""
        if self.waiting:
            add_counts(self.counts, np.concatenate(self.waiting, axis=1))
            self.waiting.clear()


def _work_off(left: Iterator[Callable[[], None]]) -> None:
    """Do what is left to do, while other threads take from the same iterator."""
    for work in left:
        work()


def _wider(one: Ends, other: Ends) -> Ends:
    return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])
