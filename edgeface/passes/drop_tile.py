"""Drop repetitions that their readers make anyway, by broadcasting."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Binary
from edgeface.graph.ops.tile import Tile
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def drop_tile(graph: Graph) -> Graph:
    """The graph whose element-wise ops read a value before it is repeated along axes of size 1."""
    return apply_rules(graph, drop)


def drop(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for an element-wise op that reads a Tile, and another value of the result's full size."""
    if not isinstance(node.op, Binary):
        return None
    for place, name in enumerate(node.inputs):
        tile, other = graph.producers.get(name), node.inputs[1 - place]
        if tile is None or not isinstance(tile.op, Tile):
            continue
        before = graph.type(tile.inputs[0]).shape
        if any(times != 1 and size != 1 for times, size in zip(tile.op.repeats, before, strict=True)):
            return Refusal("more than one element is repeated")
        if graph.type(other).shape != graph.type(node.output).shape:
            return Refusal("the other operand has not the size of the result")
        inputs = tuple(tile.inputs[0] if index == place else value for index, value in enumerate(node.inputs))
        return Rewrite([node], [replace(node, inputs=inputs)])
    return None
