"""What calibration adds up, image by image, in constant memory: bounds, samples of values, moments of patches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from edgeface.core.prefetch import processors
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import LeakyRelu, Relu
from edgeface.graph.types import Array
from edgeface.quantize.binning import Binning, binning
from edgeface.quantize.bounds import Bounds, Ends
from edgeface.quantize.exact_sum import ExactSum, mean_moments
from edgeface.quantize.histogram import add_counts
from edgeface.quantize.patches import convolutions, moment_shape, patch_products
from edgeface.quantize.sampling import PATCHES, Sampling
from edgeface.quantize.statistics import CalibrationStats, Statistic, ValueStats, thinned

TOTAL_UNIT = 2.0**-20
"""Sums of samples are rounded to multiples of this, image by image, so that they add up the same in any order."""

COUNTED_TOGETHER = 2_048
"""Samples per channel that are counted at once."""


@dataclass(frozen=True)
class Seen:
    """One image: its index, the measured bounds and, where it is sampled, all values."""

    index: int
    ends: Ends
    values: Mapping[str, Array] | None = None


class Sums:
    """What the images add up to.

    Args:
        bounds: the bounds of the graph.
        sampling: the samples of the list of images.
        holds: kinds of statistics to gather.
    """

    def __init__(self, bounds: Bounds, sampling: Sampling, holds: tuple[Statistic, ...]) -> None:
        self.graph, self.bounds, self.sampling, self.holds = bounds.graph, bounds, sampling, holds
        self.ends: Ends | None = None
        self.images = self.sampled = 0
        self.activated = _activated(self.graph) if "histograms" in holds else {}
        self.samples = {name: self._empty(name) for name in self.graph.reals}
        self.nodes = convolutions(self.graph) if "second_moments" in holds else []
        self.moments = {node.output: ExactSum.zeros(moment_shape(self.graph, node)) for node in self.nodes}

    def _empty(self, name: str) -> Samples:
        channels, after = self.bounds.channels(name), self.activated.get(name)
        if "histograms" not in self.holds or name in {node.output for node in self.activated.values()}:
            return Samples.empty(channels)
        return Samples.empty(channels, binning() if after is None else binning(_slope(after)))

    def add(self, seen: Seen, pool: ThreadPoolExecutor) -> None:
        """Add one image: each value and each convolution by one thread."""
        self.images += 1
        self.ends = seen.ends if self.ends is None else wider(self.ends, seen.ends)
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
        products, count = patch_products(self.graph, node, values[node.inputs[0]], seed, PATCHES)
        self.moments[node.output].add(products, 1 / count)

    def statistics(self, digest: str) -> CalibrationStats:
        """The statistics of all images, for the graph with this digest."""
        if self.ends is None:
            return CalibrationStats({}, {}, 0, digest, self.holds)
        values, counts = {}, self._counts()
        for name, ends in self.bounds.of_every_value(self.ends).items():
            samples, (low, high) = self.samples[name], (end.astype(np.float64) for end in ends)
            values[name] = ValueStats(counts[name], low, high, samples.total, samples.count)
        means, sums = mean_moments(self.moments), self.moments
        return CalibrationStats(values, means, self.images, digest, self.holds, sampled=self.sampled, sums=sums)

    def _counts(self) -> dict[str, Array]:
        """The histogram of each value, int64 [channels, BINS]; [channels, 0] where there are none."""
        found: dict[str, Array] = {}
        for name, samples in self.samples.items():
            if samples.binning is None:
                found.setdefault(name, samples.counts)
                continue
            samples.settle()
            found[name], after = samples.binning.histograms(samples.counts)
            if name in self.activated:
                found[self.activated[name].output] = after
        return found


def _activated(graph: Graph) -> dict[str, Node]:
    """The activation of each value whose histogram gives that of what the activation makes of it."""
    found: dict[str, Node] = {}
    for node in graph.nodes:
        if isinstance(node.op, Relu | LeakyRelu) and node.inputs[0] in graph.reals:
            found.setdefault(node.inputs[0], node)
    outputs = {node.output for node in found.values()}
    return {name: node for name, node in found.items() if name not in outputs}


def _slope(node: Node) -> float:
    return node.op.alpha if isinstance(node.op, LeakyRelu) else 0.0


@dataclass
class Samples:
    """The samples of one value: counts int64 [channels, codes] or [channels, 0], total float64 [channels].

    `binning` gives the codes that are counted; None where the value's histogram is not, or follows from another's.
    `waiting` are codes of samples that are not counted yet, since counting a few takes as long as counting many.
    """

    counts: Array
    total: Array
    binning: Binning | None = None
    count: int = 0
    waiting: list[Array] = field(default_factory=list)

    @classmethod
    def empty(cls, channels: int, binning: Binning | None = None) -> Samples:
        """No samples yet."""
        codes = 0 if binning is None else len(binning.first)
        return cls(np.zeros((channels, codes), np.int64), np.zeros(channels), binning)

    def add(self, data: Array, image: int, sampling: Sampling) -> None:
        """Add an image's value of that index."""
        flat = thinned(data, sampling.stride(data.shape), image)
        if self.binning is not None:
            self.waiting.append(self.binning.codes(flat))
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


def wider(one: Ends, other: Ends) -> Ends:
    """The bounds of both."""
    return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])
