"""Compute 3×3 convolutions in Winograd's form F(4×4, 3×3), for runtimes that have no such kernel of their own.

A tile of 4×4 results takes 36 products for each pair of channels, where the plain form takes 144 (Winograd 1980; Lavin
and Gray 2016). Rows, then columns of the image are transformed by depthwise convolutions with stride 4, which also cut
the tiles; a 1×1 convolution multiplies at each of the 36 points; sums transform back, and DepthToSpace lays the tiles
out. A point's product follows its transform at once, so that both are still in the cache.

Only for float: the transforms need more bits than int8 has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Concat, Mul, Sub
from edgeface.graph.ops.base import FusedActivation, Op
from edgeface.graph.ops.blocks import DepthToSpace
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Slice
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules
from edgeface.graph.types import Array
from edgeface.passes.join_convolutions import SUFFIX, join_convolutions

TILE, POINTS = 4, 6
_IMAGE = np.array(
    [
        (4, 0, -5, 0, 1, 0),
        (0, -4, -4, 1, 1, 0),
        (0, 4, -4, -1, 1, 0),
        (0, -2, -1, 2, 1, 0),
        (0, 2, -1, -2, 1, 0),
        (0, 4, 0, -5, 0, 1),
    ],
    np.float32,
)
"""From 6 pixels of a row to 6 points; the points are 0, 1, −1, 2, −2 and ∞."""
_KERNEL = np.array(
    [
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ]
)
"""From 3 weights to 6 points."""
_PRODUCT, _CONSTANT = "/winograd_product_", "/winograd_constant_"
_BIASED = 1
"""The point whose product every result contains once, which makes it the one for the bias."""


def transform_convolutions(graph: Graph, wanted: Collection[str]) -> Graph:
    """The graph with the convolutions of these outputs in Winograd's form, where `can_transform` allows it.

    Those that read the same image are joined first, so that it is transformed once.
    """
    wanted = {node.output for node in graph.nodes if node.output in wanted and can_transform(graph, node) is None}
    joined = {*wanted, *(f"{name}{SUFFIX}" for name in wanted)}
    graph = join_convolutions(graph, wanted)
    return apply_rules(graph, lambda found, node: transform(found, node) if node.output in joined else None)


def is_product(name: str) -> bool:
    """Whether a constant is the weight of a product at one of the points."""
    return _PRODUCT in name


def can_transform(graph: Graph, node: Node) -> str | None:
    """Why a convolution has no Winograd form; None if it has one."""
    op, weight = node.op, graph.constant(node.inputs[1]) if len(node.inputs) > 1 else None
    if not isinstance(op, Conv) or weight is None:
        return "it is not a convolution with constant weights"
    if weight.shape[2:] != (3, 3) or op.pads != (1, 1, 1, 1):
        return "it is not 3×3 with a border of one pixel"
    if op.strides != (1, 1) or op.dilations != (1, 1) or op.groups != 1:
        return "it has strides, dilations or groups"
    return None


def tiles_of(graph: Graph, node: Node) -> tuple[int, int]:
    """Rows and columns of tiles that cover a convolution's result."""
    height, width = graph.type(node.output).shape[2:]
    return -(-height // TILE), -(-width // TILE)


def transform(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for 3×3 convolutions with stride 1 and a border of one pixel."""
    if not isinstance(node.op, Conv):
        return None
    reason = can_transform(graph, node)
    if reason is not None:
        return Refusal(reason)
    weight = graph.constants[node.inputs[1]].astype(np.float64)
    points = np.einsum("ij,ocjk,lk->iloc", _KERNEL, weight, _KERNEL).astype(np.float32)
    form = _Form(node, graph.type(node.inputs[0]).shape, points)
    form.lay_out(form.results(tiles_of(graph, node)), graph.type(node.output).shape)
    return Rewrite([node], form.nodes, form.constants)


@dataclass
class _Form:
    """The nodes of one convolution's form, as they are added. `points` holds its weights, [6,6,outputs,inputs]."""

    node: Node
    shape: Sequence[int]
    points: Array
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def results(self, tiles: tuple[int, int]) -> list[str]:
        """The 16 images of one result of each tile, in the order of the tile's pixels."""
        rows = []
        for i in range(POINTS):
            row = self._cut(self.node.inputs[0], i, tiles[0], axis=0)
            rows.append(self._back([self._product(self._cut(row, j, tiles[1], axis=1), i, j) for j in range(POINTS)]))
        activation = self.node.op.fused
        columns = [self._back([row[column] for row in rows], activation) for column in range(TILE)]
        return [columns[column][row] for row in range(TILE) for column in range(TILE)]

    def lay_out(self, results: Sequence[str], shape: Sequence[int]) -> None:
        """Lay the tiles out as the image; what hangs over its edge is cut off."""
        rows = [self._add(Concat(1), results[i : i + TILE]) for i in range(0, TILE * TILE, TILE)]
        blocks = self._add(Concat(1), rows)  # in two steps, since XNNPACK joins five images at most
        if all(size % TILE == 0 for size in shape[2:]):
            self._add(DepthToSpace(TILE), [blocks], self.node.output)
            return
        whole = self._add(DepthToSpace(TILE), [blocks])
        self._add(Slice((0,) * 4, tuple(shape)), [whole], self.node.output)

    def _cut(self, source: str, point: int, tiles: int, axis: int) -> str:
        """One point of every tile along an axis: a depthwise convolution, without the taps that are zero."""
        taps = np.flatnonzero(_IMAGE[point])
        gap = int(taps[1] - taps[0]) if len(taps) == 3 else 1
        size = self.shape[2 + axis]
        before, after = max(1 - int(taps[0]), 0), max(TILE * (tiles - 1) + int(taps[-1]) - size, 0)
        along = {"strides": (1, 1), "dilations": (1, 1), "kernel": (1, 1)}
        for key, number in {"strides": TILE, "dilations": gap, "kernel": len(taps)}.items():
            along[key] = (number, 1) if axis == 0 else (1, number)
        channels = self.shape[1]
        weight = np.broadcast_to(_IMAGE[point][taps].reshape(along["kernel"]), (channels, 1, *along["kernel"]))
        pads = (before, 0, after, 0) if axis == 0 else (0, before, 0, after)
        op = Conv(along["strides"], pads, along["dilations"], groups=channels)
        return self._add(op, [source, self._constant(np.ascontiguousarray(weight))])

    def _product(self, source: str, i: int, j: int) -> str:
        """The 1×1 convolution at a point; one of them has the bias."""
        inputs = [source, self._constant(np.ascontiguousarray(self.points[i, j][:, :, None, None]), _PRODUCT)]
        biased = (i, j) == (_BIASED, _BIASED)
        return self._add(Conv(), [*inputs, *(self.node.inputs[2:] if biased else ())])

    def _back(self, at: Sequence[str], activation: FusedActivation = "none") -> list[str]:
        """The 4 results of a row of tiles from its 6 points."""
        even, odd = self._add(Add(), at[1:3]), self._add(Sub(), at[1:3])
        wide_even, wide_odd = self._add(Add(), at[3:5]), self._add(Sub(), at[3:5])
        first, last = self._add(Add(), [at[0], even]), self._add(Add(), [odd, at[5]])
        done = Add(activation)
        return [
            self._add(done, [first, wide_even]),
            self._add(done, [odd, self._times(wide_odd, 2)]),
            self._add(done, [even, self._times(wide_even, 4)]),
            self._add(done, [last, self._times(wide_odd, 8)]),
        ]

    def _times(self, source: str, factor: float) -> str:
        return self._add(Mul(), [source, self._constant(np.array(factor, np.float32))])

    def _add(self, op: Op, inputs: Sequence[str], output: str | None = None) -> str:
        made = output or f"{self.node.output}/winograd_{len(self.nodes)}"
        self.nodes.append(Node(op, tuple(inputs), (made,), self.node.origin))
        return made

    def _constant(self, data: Array, kind: str = _CONSTANT) -> str:
        name = f"{self.node.output}{kind}{len(self.constants)}"
        self.constants[name] = data
        return name
