"""Derive an SSD's strides, priors and variances from the constants of a graph that decodes its own boxes.

Offsets of 0 decode to the priors themselves, and offsets of 1 show both variances: the part of the graph behind the
offsets is run on those, whatever its operators are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.onnx_reader import parse_onnx
from edgeface.graph.onnx_steps.float_heads import tail_of
from edgeface.tasks.detection.decoding import Decoder

_EXACT = 2e-3
_STEP_PX = 0.05
Rows: TypeAlias = NDArray[np.float64]


def derive_priors(
    model: bytes, head: tuple[str, tuple[int, ...]], boxes: str, decoder: Any, form: Any, size: tuple[int, int]
) -> Decoder | None:
    """The form of a decoder with the graph's priors; None if the graph's boxes are not SSD offsets over a grid.

    Args:
        model: a ModelProto with static shapes.
        head: name and shape of the value that may be the offsets [1,N,4].
        boxes: the output with the decoded boxes.
        decoder: a decoder with `box`, "corners" or "pixels", of what the graph gives.
        form: a decoder with `strides`, `sizes` and `variances` of what is in front.
        size: the input's height and width in pixels.
    """
    tail = tail_of(parse_onnx(model), *head, [boxes])
    if tail is None:
        return None
    runner = OrtRunner(tail.SerializeToString(deterministic=True))
    unit = np.array([size[1], size[0]], np.float64) if decoder.box == "corners" else np.ones(2)

    def decoded(offset: float) -> tuple[Rows, Rows]:
        corners = runner.run({head[0]: np.full(head[1], offset, np.float32)})[boxes].reshape(-1, 4).astype(np.float64)
        return (corners[:, :2] + corners[:, 2:]) / 2 * unit, (corners[:, 2:] - corners[:, :2]) * unit

    (centers, sides), (moved, grown) = decoded(0.0), decoded(1.0)
    if not (np.isfinite(sides).all() and np.isfinite(grown).all() and (sides > 0).all() and (grown > 0).all()):
        return None
    variances = (moved - centers) / sides, np.log(grown / sides)
    if any(float(np.ptp(found)) > _EXACT * abs(float(found.mean())) or found.mean() <= 0 for found in variances):
        return None
    levels = _levels(centers, sides, size)
    if levels is None:
        return None
    strides, sizes = levels
    rounded = tuple(round(float(np.median(found)), 4) for found in variances)
    try:
        found: Decoder = replace(form, strides=strides, sizes=sizes, variances=rounded)
    except ValueError:  # no decoder has these
        return None
    return found


def _levels(
    centers: Rows, sides: Rows, size: tuple[int, int]
) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]] | None:
    """Strides and sides of square priors, told by where the priors of each stride start and repeat."""
    strides, sizes, start = [], [], 0
    while start < len(centers):
        same = np.abs(centers[start:] - centers[start]).max(axis=1) < _STEP_PX
        per_cell = int(np.argmin(same)) if not same.all() else len(same)
        following = start + per_cell
        if following >= len(centers):
            stride = round(2 * float(centers[start].max()))
        else:
            stride = round(float(np.abs(centers[following] - centers[start]).max()))
        level = sides[start : start + per_cell].max(axis=1)
        whole = np.rint(level)
        if stride < 1 or (np.abs(level - whole) > _STEP_PX).any():
            return None
        stride = _near_power(stride)
        strides.append(stride)
        sizes.append(tuple(int(side) for side in whole))
        start += -(-size[0] // stride) * -(-size[1] // stride) * per_cell
    return (tuple(strides), tuple(sizes)) if start == len(centers) else None


def _near_power(stride: int) -> int:
    """The power of two at most an eighth from a step: maps with a partial cell stretch theirs."""
    power = 1 << round(float(np.log2(stride)))
    return power if abs(power - stride) * 8 <= power else stride
