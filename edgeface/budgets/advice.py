"""Advice for a network over its budget: narrower layers, a smaller input, cheaper stages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.budgets.numbers import human
from edgeface.cost.counter import Complexity, LayerCost, StageCost
from edgeface.cost.work import Convolution, Deconvolution, Dense, Work

if TYPE_CHECKING:
    from edgeface.budgets.judge import Result, Verdict

Recount = Callable[[tuple[int, int]], "Complexity | None"]
"""Counts the network at another (height, width) in pixels; returns None if its size is fixed."""

_WORK_METRICS = {"lfr_flops", "macs", "flops"}
_SIZE_METRICS = {"parameters", "fp32_bytes", "file_bytes"}
_STEP = 16
_SMALLEST = 32
_SHOWN = 3


def advise(complexity: Complexity, verdicts: tuple[Verdict, ...], passes: int, recount: Recount) -> tuple[str, ...]:
    """Sentences for every exceeded upper limit; empty if there are none."""
    over = [
        result
        for verdict in verdicts
        for result in verdict.results
        if result.within is False and result.relation != "at_least"
    ]
    lines: list[str] = []
    for result in over:
        if result.metric in _WORK_METRICS:
            lines += _less_work(complexity, result, passes, recount)
        elif result.metric in _SIZE_METRICS:
            lines += _fewer_parameters(complexity, result)
        elif result.metric == "embedding_width":
            lines.append(f"reduce the embedding to {result.limit} dimensions: it has {result.value}")
    return tuple(dict.fromkeys(lines))


def _less_work(complexity: Complexity, result: Result, passes: int, recount: Recount) -> list[str]:
    value, limit = float(result.value or 0), result.limit / passes
    total = value / passes
    lines = []
    if passes > 1 and total <= result.limit:
        lines.append(f"one pass instead of two is within the limit: {human(int(total), 'FLOP')}")
    share = limit / total
    width = _width_multiplier(complexity, share)
    if width is not None:
        lines.append(f"a width multiplier of about {width:.2f} on all but the input and the outputs (estimated)")
    size = _smaller_input(complexity, share, recount)
    if size is not None:
        lines.append(f"an input of {size[0]}×{size[1]} pixels (counted)")
    lines.append(f"reduce the costliest stages, {1 - share:.1%} in total: {_costliest(complexity)}")
    return lines


def _costliest(complexity: Complexity) -> str:
    def cost(stage: StageCost) -> int:
        return stage.macs

    stages = sorted(complexity.stages, key=cost, reverse=True)[:_SHOWN]
    return ", ".join(f"{stage.stage} ({stage.macs / max(complexity.macs, 1):.0%})" for stage in stages)


@dataclass(frozen=True)
class _Growth:
    """MACs by their growth with the width: quadratic, linear and constant."""

    square: int
    linear: int
    fixed: int

    def at(self, width: float) -> float:
        return self.square * width**2 + self.linear * width + self.fixed


def _width_multiplier(complexity: Complexity, share: float) -> float | None:
    """The largest multiplier, in hundredths, with that share of MACs; None if no width is small enough."""
    growth = _growth(complexity)
    wanted = growth.at(1.0) * share
    return next((step / 100 for step in range(99, 9, -1) if growth.at(step / 100) <= wanted), None)


def _growth(complexity: Complexity) -> _Growth:
    network = complexity.network
    sums = {0: 0, 1: 0, 2: 0}
    for layer in network.layers:
        fixed_in = any(name in network.inputs for name in layer.inputs)
        fixed_out = any(name in network.outputs for name in layer.outputs)
        sums[max(_degree(layer.work) - fixed_in - fixed_out, 0)] += layer.work.macs
    return _Growth(sums[2], sums[1], sums[0])


def _degree(work: Work) -> int:
    """The degree with which a layer's MACs grow with the width: 0, 1 or 2."""
    if isinstance(work, Convolution | Deconvolution):
        return 1 if work.groups == work.in_channels else 2
    return 2 if isinstance(work, Dense) else 1


def _smaller_input(complexity: Complexity, share: float, recount: Recount) -> tuple[int, int] | None:
    """The largest input with the same aspect ratio, in steps of 16 pixels, whose recount is small enough."""
    network = complexity.network
    shape = network.tensors[network.inputs[0]].shape if network.inputs else ()
    if len(shape) != 4:
        return None
    height, width = shape[2:] if network.layout == "nchw" else shape[1:3]
    start = math.floor(min(height, width) * math.sqrt(share) / _STEP + 1) * _STEP
    for short in range(start, _SMALLEST - 1, -_STEP):
        scale = short / min(height, width)
        size = (round(height * scale / _STEP) * _STEP, round(width * scale / _STEP) * _STEP)
        found = recount(size) if size != (height, width) else None
        if found is None:
            if size != (height, width):
                return None
            continue
        if found.lfr_flops <= complexity.lfr_flops * share and found.macs <= complexity.macs * share * 1.01:
            return size
    return None


def _fewer_parameters(complexity: Complexity, result: Result) -> list[str]:
    def parameters(layer: LayerCost) -> int:
        return layer.parameters

    share = result.limit / float(result.value or 1)
    layers = sorted(complexity.layers, key=parameters, reverse=True)[:_SHOWN]
    listed = ", ".join(f"{layer.name} ({layer.parameters / max(complexity.parameters, 1):.0%})" for layer in layers)
    width = math.floor(100 * math.sqrt(share)) / 100
    return [
        f"reduce the layers with the most parameters, {1 - share:.1%} in total: {listed}",
        f"a width multiplier of about {width:.2f} (estimated: parameters grow with its square)",
    ]
