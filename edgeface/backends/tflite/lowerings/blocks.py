"""DEPTH_TO_SPACE and SPACE_TO_DEPTH, which order channels as ONNX's DCR does."""

from __future__ import annotations

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.emitter import Emitter
from edgeface.graph.ir import Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.blocks import DepthToSpace, SpaceToDepth


def lower_blocks(emitter: Emitter, node: Node) -> None:
    """DEPTH_TO_SPACE or SPACE_TO_DEPTH."""
    assert isinstance(node.op, DepthToSpace | SpaceToDepth)
    back = isinstance(node.op, DepthToSpace)
    options = schema.DepthToSpaceOptionsT() if back else schema.SpaceToDepthOptionsT()
    options.blockSize = node.op.block
    version = 2 if emitter.is_int8(node) and not back else 1
    name = "DEPTH_TO_SPACE" if back else "SPACE_TO_DEPTH"
    emitter.emit(name, [emitter.read(node, 0)], [emitter.result(node)], options, version)


LOWERINGS: dict[type[Op], Any] = {DepthToSpace: lower_blocks, SpaceToDepth: lower_blocks}
