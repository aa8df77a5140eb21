"""Pooling, means and resizing of NHWC images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.backends.tflite.padding import pad_image, same_padding
from edgeface.graph.ir import Node
from edgeface.graph.never_negative import never_negative
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Pool, Resize


def lower_pool(emitter: Emitter, node: Node) -> None:
    """MAX_POOL_2D and AVERAGE_POOL_2D; padding becomes a PAD with zeros, which a mean counts, or a PADV2 with −∞.

    No zero wins against what a ReLU made, and XNNPACK has a kernel for PAD only.
    """
    op = node.op
    assert isinstance(op, Pool)
    average = isinstance(op, AveragePool)
    same = not average and same_padding(emitter.graph.type(node.inputs[0]).shape, (0, 0, *op.kernel_shape), op)
    x = emitter.read(node, 0)
    if any(op.pads) and not same:
        zeros = average or never_negative(emitter.graph, node.inputs[0])
        x = pad_image(emitter, node, x, op.pads, None if zeros else -np.inf)
    options = schema.Pool2DOptionsT()
    options.padding = schema.Padding.SAME if same else schema.Padding.VALID
    options.filterHeight, options.filterWidth = op.kernel_shape
    options.strideH, options.strideW = op.strides
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("AVERAGE_POOL_2D" if average else "MAX_POOL_2D", [x], [emitter.result(node)], options, version)


def lower_global_mean(emitter: Emitter, node: Node) -> None:
    """MEAN over height and width."""
    options = schema.ReducerOptionsT()
    options.keepDims = True
    axes = emitter.constant("axes height, width", np.array([1, 2], np.int32))
    version = 2 if emitter.is_int8(node) else 1
    emitter.emit("MEAN", [emitter.read(node, 0), axes], [emitter.result(node)], options, version)


def lower_resize(emitter: Emitter, node: Node) -> None:
    """RESIZE_NEAREST_NEIGHBOR (asymmetric, floor) or RESIZE_BILINEAR, which is asymmetric with neither flag.

    A nearest one by whole factors chooses the same pixels with half-pixel centers. In int8 it says so, since compilers
    that go by TOSA shift one without flags by a pixel; in float32 it does not, since MNN, which reads a
    detector in float alone, shifts one with them (reports/elsewhere.md).
    """
    op = node.op
    assert isinstance(op, Resize)
    size = emitter.constant(f"size {op.size}", np.array(op.size, np.int32))
    nearest = op.mode == "nearest"
    options = schema.ResizeNearestNeighborOptionsT() if nearest else schema.ResizeBilinearOptionsT()
    before = emitter.graph.type(node.inputs[0]).shape[2:]
    centered = nearest and emitter.is_int8(node) and _same_by_centers(before, op.size)
    options.halfPixelCenters = centered if nearest else op.rule == "half_pixel"
    options.alignCorners = not nearest and op.rule == "align_corners"
    name = "RESIZE_NEAREST_NEIGHBOR" if nearest else "RESIZE_BILINEAR"
    version = (3 if centered else 2 if emitter.is_int8(node) else 1) if nearest else 3
    emitter.emit(name, [emitter.read(node, 0), size], [emitter.result(node)], options, version)


def _same_by_centers(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether ⌊(i + ½)·in/out⌋ is ⌊i·in/out⌋ for all pixels, along both axes."""
    pairs = zip(before, after, strict=True)
    return all((2 * i + 1) * old // (2 * new) == i * old // new for old, new in pairs for i in range(new))


LOWERINGS: dict[type[Op], Any] = {
    MaxPool: lower_pool,
    AveragePool: lower_pool,
    GlobalAveragePool: lower_global_mean,
    Resize: lower_resize,
}
