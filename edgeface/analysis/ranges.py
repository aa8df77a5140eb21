"""Ranges: what values reach on the images against the range that was chosen, and what of it is used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.core.progress import track
from edgeface.graph.ir import Graph
from edgeface.graph.ops.activations import LeakyRelu, Sigmoid
from edgeface.graph.types import Array
from edgeface.quantize.observe import observed_onnx
from edgeface.quantize.plan import QParams
from edgeface.quantize.quantize import Quantized
from edgeface.quantize.statistics import CalibrationStats, ValueStats
from edgeface.validate.tensors import TensorAgreement, compare_tensors

IMAGES = 4


@dataclass(frozen=True)
class RangeUse:
    """One value's range, worst first by `own_db`.

    Attributes:
        name: the value.
        chosen: the numbers that its integers reach from and to.
        observed: the lowest and highest number on the images.
        calibrated: the same on the calibration images, after equalization.
        clipped: share of the numbers beyond the chosen range that matter: not those that a LeakyReLU or a sigmoid
            reads, whose range is cut on purpose.
        bits: effective bits: log2 of the steps between the lowest and highest number.
        own_db: SNR of the value once stored, as its reader sees it.
        imbalance: the largest channel's reach by the median channel's, before equalization.
        left: the same after it; None where the value has no channels.
        cut: why the range is cut on purpose; empty where it is not.
    """

    name: str
    chosen: tuple[float, float]
    observed: tuple[float, float]
    calibrated: tuple[float, float]
    clipped: float
    bits: float
    own_db: float
    imbalance: float | None
    left: float | None
    cut: str = ""

    @property
    def exceeds(self) -> float:
        """How far the images reach beyond the calibration images, as a multiple of their reach."""
        reach = max(abs(self.calibrated[0]), abs(self.calibrated[1]), 1e-12)
        return max(abs(self.observed[0]), abs(self.observed[1])) / reach

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        shown = {"chosen": self.chosen, "observed": self.observed, "calibrated": self.calibrated}
        numbers = {"bits": self.bits, "own_db": self.own_db, "imbalance": self.imbalance, "imbalance_left": self.left}
        return {
            "name": self.name,
            **{name: [round(low, 6), round(high, 6)] for name, (low, high) in shown.items()},
            "clipped": round(self.clipped, 8),
            **{name: None if number is None else round(number, 2) for name, number in numbers.items()},
            "cut": self.cut,
        }


@dataclass
class _Sum:
    low: float = math.inf
    high: float = -math.inf
    beyond: int = 0
    count: int = 0
    stored: TensorAgreement = field(default_factory=TensorAgreement)


def range_uses(
    quantized: Quantized, before: CalibrationStats, names: Sequence[str], feeds: Sequence[dict[str, Array]]
) -> list[RangeUse]:
    """How the range of each value is used, worst first.

    Args:
        quantized: the exact graph with its statistics, and the plan.
        before: the statistics before the graph was corrected.
        names: the values that are computed in integers.
        feeds: inputs of the exact graph.
    """
    exact, plan = quantized.exact, quantized.plan
    run = OrtRunner(observed_onnx(exact)).run
    sums = {name: _Sum() for name in names if name in plan.params}
    for feed in track(feeds, "ranges"):
        found = {**feed, **run(feed)}
        for name, each in sums.items():
            _add(each, found[name], plan.params[name], exact, name)
    uses = [_use(name, each, plan.params[name], quantized, before) for name, each in sums.items()]
    return sorted(uses, key=lambda use: (use.own_db, use.name))


def _add(each: _Sum, data: Array, params: QParams, exact: Graph, name: str) -> None:
    low, high = params.range
    half = params.scale[0] / 2
    each.low, each.high = min(each.low, float(data.min())), max(each.high, float(data.max()))
    below, above = _cut_on_purpose(exact, name)
    each.beyond += 0 if below else int(np.count_nonzero(data < low - half))
    each.beyond += 0 if above else int(np.count_nonzero(data > high + half))
    each.count += data.size
    each.stored += compare_tensors(_read(exact, name, data), _read(exact, name, _stored(data, params)))


def _stored(data: Array, params: QParams) -> Array:
    """The numbers that a value's integers represent, in float32, which is exact enough and quick."""
    scale = np.float32(params.scale[0])
    steps = np.rint(data / scale)
    np.clip(steps, params.low - params.zero_point, params.high - params.zero_point, out=steps)
    restored: Array = steps * scale
    return restored


def _cut_on_purpose(exact: Graph, name: str) -> tuple[bool, bool]:
    """Whether the range is cut below and above because its only readers do not see what lies there."""
    readers = exact.consumers[name]
    sigmoid = bool(readers) and all(isinstance(reader.op, Sigmoid) for reader in readers)
    leaky = bool(readers) and all(isinstance(reader.op, LeakyRelu) for reader in readers)
    return sigmoid or leaky, sigmoid


def _why_cut(exact: Graph, name: str) -> str:
    below, above = _cut_on_purpose(exact, name)
    if above:
        return "cut on purpose: the sigmoid after it is flat there"
    return "cut below on purpose: the LeakyReLU after it shrinks that" if below else ""


def _read(exact: Graph, name: str, data: Array) -> Array:
    """What a value's only reader makes of it, where that shrinks errors; the value itself otherwise."""
    reader = exact.only_reader(name)
    if reader is not None and isinstance(reader.op, LeakyRelu):
        leaked: Array = np.where(data < 0, data * np.float32(reader.op.alpha), data)
        return leaked
    if reader is not None and isinstance(reader.op, Sigmoid):
        squeezed: Array = 1 / (1 + np.exp(-data))
        return squeezed
    return data


def _use(name: str, each: _Sum, params: QParams, quantized: Quantized, before: CalibrationStats) -> RangeUse:
    after, first = quantized.stats.values.get(name), before.values.get(name)
    steps = (each.high - each.low) / params.scale[0]
    return RangeUse(
        name=name,
        chosen=params.range,
        observed=(each.low, each.high),
        calibrated=(math.nan, math.nan) if after is None else after.range,
        clipped=each.beyond / max(each.count, 1),
        bits=min(math.log2(max(steps, 1.0)), math.log2(params.high - params.low + 1)),
        own_db=each.stored.snr_db,
        imbalance=None if first is None else imbalance(first),
        left=None if after is None else imbalance(after),
        cut=_why_cut(quantized.exact, name),
    )


def imbalance(stats: ValueStats) -> float | None:
    """The largest channel's reach by the median channel's; None where there are no channels to compare."""
    reach = np.maximum(np.abs(stats.low), np.abs(stats.high))
    if len(reach) < 2:
        return None
    return float(reach.max() / max(float(np.median(reach)), 1e-12))
