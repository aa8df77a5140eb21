"""Calibration statistics: what one run over images saw of each value, channel by channel.

Every channel has a histogram over fixed logarithmic bins, so that statistics of any number of images take the same
memory, merge by addition, and can be re-scaled exactly by powers of 2^(1/16): equalization needs no second run.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.errors import InputError
from edgeface.graph.types import Array

BINS_PER_OCTAVE = 16
LOW_EXPONENT, HIGH_EXPONENT = -14, 14
MAGNITUDES = (HIGH_EXPONENT - LOW_EXPONENT) * BINS_PER_OCTAVE
ZERO_BIN = MAGNITUDES
BINS = 2 * MAGNITUDES + 1
FORMAT = 1
MAX_FILE_BYTES = 1 << 30


def bin_centres() -> Array:
    """The number that each bin stands for, ascending: float64 [BINS]."""
    steps = (np.arange(MAGNITUDES) + 0.5) / BINS_PER_OCTAVE + LOW_EXPONENT
    positive = np.exp2(steps)
    return np.concatenate([-positive[::-1], [0.0], positive])


@dataclass(frozen=True, eq=False)
class ValueStats:
    """Of one value: counts int64 [channels, BINS]; low, high, total float64 [channels]; `count` numbers a channel.

    `low` and `high` are exact over all elements; the histogram and `total` may come from a regular subsample.
    """

    counts: Array
    low: Array
    high: Array
    total: Array
    count: int

    def merged(self, other: ValueStats) -> ValueStats:
        """The statistics of both sets of images together."""
        return ValueStats(
            self.counts + other.counts,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            self.total + other.total,
            self.count + other.count,
        )

    def scaled(self, steps: Array) -> ValueStats:
        """Statistics of x·2^(steps/16), steps int [channels]: a shift of the bins, exact but for the outermost."""
        factor = np.exp2(steps / BINS_PER_OCTAVE)
        counts = np.zeros_like(self.counts)
        for channel, shift in enumerate(steps.tolist()):
            counts[channel] = _shifted(self.counts[channel], shift)
        return ValueStats(counts, self.low * factor, self.high * factor, self.total * factor, self.count)

    @property
    def mean(self) -> Array:
        """Mean of each channel: float64 [channels]."""
        return self.total / max(self.count, 1)

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest number seen in any channel."""
        return float(self.low.min()), float(self.high.max())


def _shifted(counts: Array, shift: int) -> Array:
    """Bins of one channel after scaling by 2^(shift/16): what leaves the range stays in its last bin."""
    out = np.zeros_like(counts)
    out[ZERO_BIN] = counts[ZERO_BIN]
    source = np.arange(MAGNITUDES)
    target = np.clip(source + shift, 0, MAGNITUDES - 1)
    np.add.at(out, ZERO_BIN + 1 + target, counts[ZERO_BIN + 1 + source])
    np.add.at(out, ZERO_BIN - 1 - target, counts[ZERO_BIN - 1 - source])
    return out


def summarise(data: Array, stride: int = 1, phase: int = 0) -> ValueStats:
    """Statistics of one array: rank 4 is [N,C,H,W] with channels, any other rank counts as one channel.

    Args:
        data: float32.
        stride: use every stride-th row and column of images for the histogram.
        phase: which one of them, so that images take turns.
    """
    image = data.ndim == 4
    flat = data[0].reshape(data.shape[1], -1) if image else data.reshape(1, -1)
    low, high = flat.min(axis=1).astype(np.float64), flat.max(axis=1).astype(np.float64)
    if image and stride > 1:
        flat = data[0, :, phase % stride :: stride, phase // stride % stride :: stride].reshape(data.shape[1], -1)
    channels = flat.shape[0]
    index = bin_index(flat) + (np.arange(channels, dtype=np.int32) * BINS)[:, None]
    counts = np.bincount(index.reshape(-1), minlength=channels * BINS).reshape(channels, BINS)
    return ValueStats(counts, low, high, flat.sum(axis=1, dtype=np.float64), flat.shape[1])


def bin_index(flat: Array) -> Array:
    """The bin of each number, int32 of the same shape as the float32 numbers."""
    with np.errstate(divide="ignore"):
        position = np.log2(np.abs(flat)) * BINS_PER_OCTAVE - LOW_EXPONENT * BINS_PER_OCTAVE
    magnitude = np.minimum(position, MAGNITUDES - 1).astype(np.float32)
    signed = np.where(magnitude >= 0, np.floor(magnitude) + 1, 0) * np.sign(flat)
    found: Array = signed.astype(np.int32) + ZERO_BIN
    return found


@dataclass(frozen=True, eq=False)
class CalibrationStats:
    """Statistics by value, of so many images, of the graph with this digest.

    `moments` holds, for each convolution by its output's name, the mean of p·pᵀ over sampled input patches p =
    [inputs of one output pixel…, 1]: float64 [K+1, K+1], or [channels, k²+1, k²+1] for a depthwise one.
    """

    values: Mapping[str, ValueStats] = field(default_factory=dict)
    moments: Mapping[str, Array] = field(default_factory=dict)
    images: int = 0
    graph_digest: str = ""

    def save(self, path: Path) -> None:
        """Write as .npz: `format`, `images`, `graph`, `names`, and for value i `counts_i`, `range_i`, `total_i`, `n_i`.

        Moments follow as `moment_j` in the order of the header's `convolutions`, float32.
        """
        arrays: dict[str, Array] = {}
        for index, stats in enumerate(self.values.values()):
            arrays[f"counts_{index}"] = stats.counts
            arrays[f"range_{index}"] = np.stack([stats.low, stats.high])
            arrays[f"total_{index}"] = stats.total
            arrays[f"n_{index}"] = np.array(stats.count)
        for index, moment in enumerate(self.moments.values()):
            arrays[f"moment_{index}"] = moment.astype(np.float32)
        header = {
            "format": FORMAT,
            "images": self.images,
            "graph": self.graph_digest,
            "names": list(self.values),
            "convolutions": list(self.moments),
        }
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        partial = path.with_name(f"{path.name}.partial")
        try:
            with partial.open("wb") as file:
                np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # mypy takes an array for `allow_pickle`
            partial.replace(path)
        except OSError as error:
            raise InputError(f"cannot save statistics: {error.strerror or error}", where=str(path)) from error
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> CalibrationStats:
        """Read what `save` wrote; never unpickles.

        Raises:
            InputError: not such a file.
        """
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise InputError("statistics file is larger than 1 GiB", where=str(path))
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                header = _header(arrays)
                values = {name: _load_value(arrays, i) for i, name in enumerate(header["names"])}
                moments = {n: arrays[f"moment_{i}"].astype(np.float64) for i, n in enumerate(header["convolutions"])}
                return cls(values, moments, int(header["images"]), str(header["graph"]))
        except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise InputError(f"not a calibration statistics file: {error}", where=str(path)) from error


def _header(arrays: Mapping[str, Array]) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(arrays["header"].tobytes())
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']}, this version reads {FORMAT}")
    return header


def _load_value(arrays: Mapping[str, Array], index: int) -> ValueStats:
    counts, bounds, total = (arrays[f"{what}_{index}"] for what in ("counts", "range", "total"))
    channels = counts.shape[:1]
    if counts.shape != (*channels, BINS) or bounds.shape != (2, *channels) or total.shape != channels:
        raise ValueError(f"value {index} has the wrong shape")
    return ValueStats(counts, bounds[0], bounds[1], total, int(arrays[f"n_{index}"]))
