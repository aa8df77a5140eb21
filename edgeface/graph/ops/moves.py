"""The ops whose results hold the numbers of their input, and at most a constant besides."""

from __future__ import annotations

from edgeface.graph.ops.base import Op
from edgeface.graph.ops.blocks import DepthToSpace, SpaceToDepth
from edgeface.graph.ops.constant_pad import ConstantPad
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take
from edgeface.graph.ops.tile import Tile

REARRANGING: tuple[type[Op], ...] = (Pad, Slice, ConstantPad, StridedSlice, Take, Tile, DepthToSpace, SpaceToDepth)
"""Those that choose, repeat or surround elements, or change which are pixels and which are channels."""

MOVES: tuple[type[Op], ...] = (Reshape, Transpose, *REARRANGING)
"""All; the others only name the axes anew."""
