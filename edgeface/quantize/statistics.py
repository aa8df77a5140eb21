"""Calibration statistics: per-channel statistics of each value from one run over images.

Statistics take the same memory for any number of images, merge by addition, and rescale exactly by powers of 2^(1/16):
equalization needs no second run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from edgeface.core.writing import write_file
from edgeface.graph.types import Array
from edgeface.quantize.binning import histograms
from edgeface.quantize.exact_sum import ExactSum, mean_moments
from edgeface.quantize.histogram import BINS, BINS_PER_OCTAVE, shifted
from edgeface.reading.arrays import read_arrays
from edgeface.reading.document import parse_json
from edgeface.reading.kinds import STATISTICS as STATISTICS_FILE
from edgeface.reading.regular_file import unreadable

FORMAT = 3
MAX_UNPACKED_BYTES = 2 << 30
MAX_UNITS = 2.0**80
"""Beyond what any sum of second moments can be, and within float32 as a mean."""

Statistic = Literal["ranges", "histograms", "second_moments"]
"""Kinds of statistics: exact bounds and histograms per channel, and second moments of convolution inputs."""
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)


@dataclass(frozen=True, eq=False)
class ValueStats:
    """Statistics of a value: counts int64 [channels, BINS]; low, high, total float64 [channels]; `count` per channel.

    `low` and `high` are exact over all elements of all images, except that `low` of a value that cannot be negative may
    be 0; the histogram and `total` may use a regular subsample of some images. If no histograms are gathered, `counts`
    is int64 [channels, 0].
    """

    counts: Array
    low: Array
    high: Array
    total: Array
    count: int

    def merged(self, other: ValueStats) -> ValueStats:
        """The combined statistics of both sets of images."""
        return ValueStats(
            self.counts + other.counts,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            self.total + other.total,
            self.count + other.count,
        )

    def scaled(self, steps: Array) -> ValueStats:
        """Statistics of x·2^(steps/16), steps int [channels]: a shift of the bins, exact except for the outermost."""
        factor = np.exp2(steps / BINS_PER_OCTAVE)
        counts = np.zeros_like(self.counts)
        for channel, shift in enumerate(steps.tolist() if counts.size else ()):
            counts[channel] = shifted(self.counts[channel], shift)
        return ValueStats(counts, self.low * factor, self.high * factor, self.total * factor, self.count)

    @property
    def mean(self) -> Array:
        """Mean of each channel: float64 [channels]."""
        return self.total / max(self.count, 1)

    @property
    def range(self) -> tuple[float, float]:
        """Minimum and maximum observed in any channel."""
        return float(self.low.min()), float(self.high.max())


def summarize(data: Array, stride: int = 1, phase: int = 0, *, with_histograms: bool = True) -> ValueStats:
    """Statistics of one array: rank 4 is [N,C,H,W] with channels, other ranks count as one channel.

    Args:
        data: float32.
        stride: use every stride-th row and column of images for the histogram.
        phase: offset of the samples, which varies by image.
        with_histograms: whether to gather a histogram or only the range.
    """
    image = data.ndim == 4
    flat = data[0].reshape(data.shape[1], -1) if image else data.reshape(1, -1)
    low, high = flat.min(axis=1).astype(np.float64), flat.max(axis=1).astype(np.float64)
    flat = thinned(data, stride, phase)
    counts = histograms(flat) if with_histograms else np.zeros((len(flat), 0), np.int64)
    return ValueStats(counts, low, high, flat.sum(axis=1, dtype=np.float64), flat.shape[1])


def thinned(data: Array, stride: int = 1, phase: int = 0) -> Array:
    """Every stride-th row and column of each channel, from an offset that varies by phase: float32 [channels, N]."""
    if data.ndim != 4:
        return data.reshape(1, -1)
    rows, columns = phase % stride, phase // stride % stride
    return data[0, :, rows::stride, columns::stride].reshape(data.shape[1], -1)


@dataclass(frozen=True, eq=False)
class CalibrationStats:
    """Statistics by value, for a number of images and the graph with this digest.

    `holds` lists the gathered kinds. `moments` has, for each convolution by its output's name, the mean of p·pᵀ over
    sampled input patches p = [inputs of one output pixel…, 1]: float64 [K+1, K+1], or [channels, k²+1, k²+1] for a
    depthwise one.

    Statistics of other images add up by `quantize.merge`: `images` counts those that give bounds, `sampled` those of
    them that give histograms, `sums` are the moments before division, and `seen` are digests of the image files. Files
    of formats 1 and 2 have neither sums nor digests.
    """

    values: Mapping[str, ValueStats] = field(default_factory=dict)
    moments: Mapping[str, Array] = field(default_factory=dict)
    images: int = 0
    graph_digest: str = ""
    holds: tuple[Statistic, ...] = STATISTICS
    sampled: int = field(default=0, kw_only=True)
    sums: Mapping[str, ExactSum] | None = field(default=None, kw_only=True)
    seen: tuple[str, ...] = field(default=(), kw_only=True)

    def save(self, path: Path) -> None:
        """Write as .npz: a header as JSON, and for value i of its `names` `counts_i`, `range_i`, `total_i`, `n_i`.

        Sums of moments follow as `coarse_j` and `fine_j` in the order of the header's `convolutions`, matrices as their
        upper triangles; statistics without sums are written as format 2, with means as `moment_j`, float32.

        Raises:
            WriteError: it cannot be written.
        """
        arrays: dict[str, Array] = {}
        for index, stats in enumerate(self.values.values()):
            arrays[f"counts_{index}"] = stats.counts
            arrays[f"range_{index}"] = np.stack([stats.low, stats.high])
            arrays[f"total_{index}"] = stats.total
            arrays[f"n_{index}"] = np.array(stats.count)
        if self.sums is None:
            arrays |= {f"moment_{i}": moment.astype(np.float32) for i, moment in enumerate(self.moments.values())}
        for index, found in enumerate((self.sums or {}).values()):
            arrays[f"coarse_{index}"], arrays[f"fine_{index}"] = found.packed()
        header = {
            "format": FORMAT if self.sums is not None else 2,
            "images": self.images,
            "sampled": self.sampled,
            "seen": list(self.seen),
            "graph": self.graph_digest,
            "holds": list(self.holds),
            "names": list(self.values),
            "convolutions": list(self.moments),
        }
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)

        def save(stream: BinaryIO) -> None:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # mypy takes an array for `allow_pickle`

        write_file(path, save, "the statistics")

    @classmethod
    def load(cls, path: Path) -> CalibrationStats:
        """Read what `save` wrote; never unpickles.

        Raises:
            InputError: the file is not one that `save` wrote.
        """
        arrays = read_arrays(path, STATISTICS_FILE, MAX_UNPACKED_BYTES)
        try:
            header = _Header.model_validate(parse_json(arrays["header"].tobytes(), str(path), STATISTICS_FILE))
            bins = BINS if "histograms" in header.holds else 0
            values = {name: _load_value(arrays, i, bins) for i, name in enumerate(header.names)}
            if header.format == FORMAT:
                sums = {name: _load_sum(arrays, i) for i, name in enumerate(header.convolutions)}
            else:
                moments = {name: _load_moment(arrays, i) for i, name in enumerate(header.convolutions)}
        except (ValueError, KeyError) as error:  # pydantic's errors are ValueErrors
            said = str(error).splitlines()[0]
            raise unreadable(f"it is not what edgeface wrote: {said}", str(path), STATISTICS_FILE) from error
        holds = tuple(known for known in STATISTICS if known in header.holds)
        if header.format < FORMAT:
            return cls(values, moments, header.images, header.graph, holds, sampled=header.images)
        moments, seen = mean_moments(sums), tuple(header.seen)
        return cls(values, moments, header.images, header.graph, holds, sampled=header.sampled, sums=sums, seen=seen)


class _Header(BaseModel):
    """The header of a file."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    format: Literal[1, 2, 3]
    images: int = Field(ge=0)
    sampled: int = Field(default=0, ge=0)
    seen: list[str] = []
    graph: str
    holds: list[Statistic] = list(STATISTICS)
    names: list[str]
    convolutions: list[str]


def _load_value(arrays: Mapping[str, Array], index: int, bins: int) -> ValueStats:
    counts, bounds, total, count = (arrays[f"{what}_{index}"] for what in ("counts", "range", "total", "n"))
    channels = counts.shape[:1]
    if counts.shape != (*channels, bins) or bounds.shape != (2, *channels) or total.shape != channels or count.ndim:
        raise ValueError(f"value {index} has the wrong shape")
    if counts.dtype != np.int64 or count.dtype.kind not in "iu" or bounds.dtype.kind != "f" or total.dtype.kind != "f":
        raise ValueError(f"value {index} has the wrong dtype")
    if int(count) < 0 or (counts < 0).any():
        raise ValueError(f"value {index} has negative counts")
    if not (np.isfinite(bounds).all() and np.isfinite(total).all() and (bounds[0] <= bounds[1]).all()):
        raise ValueError(f"value {index} has no finite range")
    return ValueStats(counts, bounds[0], bounds[1], total, int(count))


def _load_moment(arrays: Mapping[str, Array], index: int) -> Array:
    moment = arrays[f"moment_{index}"]
    if moment.dtype.kind != "f" or moment.ndim not in {2, 3} or moment.shape[-1] != moment.shape[-2]:
        raise ValueError(f"moment {index} has the wrong shape or dtype")
    if not np.isfinite(moment).all():
        raise ValueError(f"moment {index} is not finite")
    return moment.astype(np.float64)


def _load_sum(arrays: Mapping[str, Array], index: int) -> ExactSum:
    parts = arrays[f"coarse_{index}"], arrays[f"fine_{index}"]
    if any(part.dtype != np.float64 or not (np.abs(part) < MAX_UNITS).all() for part in parts):
        raise ValueError(f"moment {index} is too large, or has the wrong dtype")
    if any((part != np.rint(part)).any() for part in parts):
        raise ValueError(f"moment {index} is no sum of units")
    return ExactSum.unpacked(*parts)
