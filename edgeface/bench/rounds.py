"""Interleaved rounds and their statistics.

Each round runs a batch of every lane and starts with a different lane, so that temporary slowdowns of the machine
affect all lanes equally; ratios are computed within a round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

Run = Callable[[int], list[float]]
Samples = list[list[float]]

BATCH_MS = 120.0
_MAX_ITERATIONS = 1000
_RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True)
class Interval:
    """A median with its bootstrap 95 % interval."""

    value: float
    low: float
    high: float


def iterations_for(run: Run, batch_ms: float = BATCH_MS) -> int:
    """The number of runs in a batch of a lane, which is warmed up first."""
    run(1)
    latency = median(run(3))
    latency = median(run(max(3, min(_MAX_ITERATIONS, round(batch_ms / max(latency, 1e-3))))))
    return max(1, min(_MAX_ITERATIONS, round(batch_ms / max(latency, 1e-3))))


def collect(
    lanes: Mapping[str, Run], sizes: Mapping[str, int], rounds: Iterable[int], pause_s: float = 0.0
) -> dict[str, Samples]:
    """The samples of rounds over lanes.

    Args:
        lanes: functions that time each lane, in milliseconds.
        sizes: runs in a batch of each lane.
        rounds: round numbers; round r starts with lane r modulo the number of lanes.
        pause_s: rest before each batch, so that idle threads of the previous lane stop spinning.

    Returns:
        For each lane the batches of its rounds, in milliseconds.
    """
    samples: dict[str, Samples] = {name: [] for name in lanes}
    for number in rounds:
        for name in rotated(list(lanes), number):
            time.sleep(pause_s)
            samples[name].append(lanes[name](sizes[name]))
    return samples


def rotated(names: Sequence[str], by: int) -> list[str]:
    """The same names, rotated left by `by` positions."""
    at = by % len(names)
    return [*names[at:], *names[:at]]


def spread(samples: Samples) -> tuple[float, float, float]:
    """Median, 10th and 90th percentile over all runs, in milliseconds."""
    middle, low, high = np.percentile(np.concatenate(samples), [50, 10, 90])
    return float(middle), float(low), float(high)


def ratio(samples: Samples, baseline: Samples) -> Interval:
    """Latency relative to the baseline: the median over rounds of the ratios of medians."""
    pairs = [median(ours) / median(theirs) for ours, theirs in zip(samples, baseline, strict=True)]
    return bootstrap_median(pairs)


def bootstrap_median(values: Sequence[float]) -> Interval:
    """The median of values, with the interval of 95 % of the medians of seeded resamples."""
    array = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(_SEED).integers(0, len(array), size=(_RESAMPLES, len(array)))
    low, high = np.percentile(np.median(array[draws], axis=1), [2.5, 97.5])
    return Interval(float(np.median(array)), float(low), float(high))


def peak_rates(samples: Samples, operations: int) -> list[float]:
    """Operations per second of each round's fastest run."""
    return [operations / (min(batch) * 1e-3) for batch in samples]


def peak_share(samples: Samples, macs: int, peaks: Sequence[float]) -> float:
    """Median over rounds of 2·macs / latency / peak; `peaks` are operations per second."""
    shares = [2 * macs / (median(batch) * 1e-3) / peak for batch, peak in zip(samples, peaks, strict=True)]
    return median(shares)
