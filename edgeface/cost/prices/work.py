"""The work of a node that its time depends on: its class, and how much of it, in whole tiles of the kernels.

XNNPACK computes tiles of `rows` pixels × `columns` output channels, and reads `depth` input channels at a time: an
image with 3 channels costs as much as one with `depth`, which is why an int8 stem can be slower than a float one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops import activations as act
from edgeface.graph.ops.arithmetic import Binary, Concat
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.batch_norm import BatchNorm
from edgeface.graph.ops.comparison import Comparison, Where
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.extremes import Several
from edgeface.graph.ops.functions import Abs, Ceil, Exp, Floor, Log, Neg, Round, Sqrt
from edgeface.graph.ops.power import Pow
from edgeface.graph.ops.reduction import ReduceMax, ReduceMean, ReduceMin, ReduceProd, ReduceSum
from edgeface.graph.ops.rows import Rows
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.smooth_activations import Elu, Gelu
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize

CLASSES = (
    *("conv_1x1", "conv_kxk", "depthwise", "gemm"),
    *("binary", "clip", "leaky_relu", "prelu", "sigmoid", "hard_swish", "softmax", "max_pool", "average_pool", "mean"),
    *("resize_nearest", "resize_linear", "move", "quantize", "dequantize"),
)
"""The classes of work; "quantize" and "dequantize" are conversions between float and int8."""

_CLASS_OF: tuple[tuple[type[Op] | tuple[type[Op], ...], str], ...] = (
    (Gemm, "gemm"),
    ((Binary, BatchNorm, Several, Comparison, Where, Pow), "binary"),
    (act.LeakyRelu, "leaky_relu"),
    (act.PRelu, "prelu"),
    (act.Softmax, "softmax"),
    (act.HardSwish, "hard_swish"),
    ((act.Relu, act.Clip), "clip"),
    ((act.Sigmoid, act.Tanh, Exp, Log, Sqrt, Elu, Gelu), "sigmoid"),
    ((Neg, Abs, Floor, Ceil, Round), "clip"),
    ((ReduceMean, ReduceSum, ReduceMax, ReduceMin, ReduceProd), "mean"),
    (MaxPool, "max_pool"),
    (AveragePool, "average_pool"),
    (GlobalAveragePool, "mean"),
    ((Concat, Slice, Pad, Transpose), "move"),
)


@dataclass(frozen=True)
class Tile:
    """How a table's kernels of one dtype cut a convolution up: see the module. `lanes` are channels of a depthwise."""

    rows: int
    columns: int
    depth: int
    lanes: int


@dataclass(frozen=True)
class Work:
    """What a node costs: multiply–accumulates in whole tiles, starts of an inner loop, and elements read and written.

    `elements` counts activations; `weights` counts constants.
    """

    kind: str
    macs: int = 0
    loops: int = 0
    elements: int = 0
    weights: int = 0


def work_of(graph: Graph, node: Node, tile: Tile) -> Work | None:
    """The work of a node with kernels of these tiles; None where it takes no time (a view of the same memory)."""
    if isinstance(node.op, Reshape):
        return None
    elements = graph.type(node.output).count + sum(
        graph.type(name).count for name in node.inputs if graph.constant(name) is None
    )
    weights = sum(graph.type(name).count for name in node.inputs if graph.constant(name) is not None)
    if isinstance(node.op, Conv):
        kind, macs, loops = _convolution(graph, node, node.op, tile)
        return Work(kind, macs, loops, elements, weights)
    if isinstance(node.op, Gemm):
        *leading, columns = graph.type(node.output).shape
        macs, loops = product(math.prod(leading), columns, graph.type(node.inputs[0]).shape[-1], tile)
        return Work("gemm", macs, loops, elements, weights)
    if isinstance(node.op, ConvTranspose):
        batch, depth, height, width = graph.type(node.inputs[0]).shape
        columns = math.prod(graph.type(node.inputs[1]).shape[1:])
        return Work("conv_kxk", *product(batch * height * width, columns, depth, tile), elements, weights)
    if isinstance(node.op, Resize):
        return Work(f"resize_{node.op.mode}", elements=elements)
    kind, steps = _class_of(graph, node)
    return Work(kind, elements=steps * elements, weights=weights)


def _class_of(graph: Graph, node: Node) -> tuple[str, int]:
    """The class of a node, and how many steps of that class compute it: more than one without an own operator."""
    found = next((kind for ops, kind in _CLASS_OF if isinstance(node.op, ops)), None)
    if found is not None:
        return found, 1
    rows = Rows([graph.type(name) for name in node.inputs])
    node.op.expand(rows)
    return ("binary", len(rows.found)) if rows.found else ("move", 1)


def _convolution(graph: Graph, node: Node, op: Conv, tile: Tile) -> tuple[str, int, int]:
    """Class, multiply–accumulates and loops of a convolution."""
    batch, channels, height, width = graph.type(node.output).shape
    pixels = batch * height * width
    weight = graph.type(node.inputs[1]).shape
    taps = math.prod(weight[2:])
    if op.is_depthwise(weight):
        lanes = -(-channels // tile.lanes)
        return "depthwise", pixels * taps * lanes * tile.lanes, pixels * lanes
    macs, loops = product(pixels, channels // op.groups, weight[1], tile)
    kind = "conv_1x1" if taps == 1 else "conv_kxk"
    return kind, macs * taps * op.groups, loops * taps * op.groups


def product(rows: int, columns: int, depth: int, tile: Tile) -> tuple[int, int]:
    """Multiply–accumulates and loops of a product of matrices, [rows, depth] × [depth, columns]."""
    down, across = -(-rows // tile.rows), -(-columns // tile.columns)
    return down * tile.rows * across * tile.columns * -(-depth // tile.depth) * tile.depth, down * across
