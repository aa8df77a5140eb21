"""Assign a memory order to every value once, instead of inserting transposes and removing them again.

A value's order is a permutation: physical axis i holds logical axis order[i]. Image ops require channels last, a
logical Transpose only renames axes, and element-wise ops accept any order. A real transpose is needed only where an op
requires the logical order of a permuted value; the emitter inserts it there, and the target counts these.
"""

from __future__ import annotations

from typing import TypeAlias

from edgeface.graph.ir import Graph, Node
from edgeface.graph.types import TensorType

Order: TypeAlias = tuple[int, ...]
CHANNELS_LAST: Order = (0, 2, 3, 1)


def assign_layout(graph: Graph) -> dict[str, Order]:
    """The memory order of every computed value."""
    orders: dict[str, Order] = {}
    for name in graph.inputs:
        orders[name] = CHANNELS_LAST if graph.type(name).rank == 4 else identity(graph.type(name).rank)
    for node in graph.nodes:
        for output in node.outputs:
            orders[output] = _output_order(graph, node, output, orders)
    return orders


def input_order(graph: Graph, node: Node, name: str, orders: dict[str, Order]) -> Order:
    """The order that a node requires for one of its computed inputs."""
    if node.op.layout == "image":
        return CHANNELS_LAST
    if node.op.layout == "plain":
        return identity(graph.type(name).rank)
    if node.op.layout == "permute":
        return orders[name]
    own = orders[node.output]
    return own if graph.type(name).rank == len(own) else identity(graph.type(name).rank)


def physical_shape(kind: TensorType, order: Order) -> tuple[int, ...]:
    """The shape in memory order."""
    return tuple(kind.shape[axis] for axis in order)


def same_in_memory(shape: tuple[int, ...], a: Order, b: Order) -> bool:
    """Whether two orders of a logical shape have the same memory layout (axes of size 1 do not count)."""
    return [i for i in a if shape[i] > 1] == [i for i in b if shape[i] > 1]


def identity(rank: int) -> Order:
    """The logical order."""
    return tuple(range(rank))


def _output_order(graph: Graph, node: Node, output: str, orders: dict[str, Order]) -> Order:
    rank = graph.type(output).rank
    if node.op.layout == "image":
        return CHANNELS_LAST
    if node.op.layout == "permute":
        perm = node.op.perm  # type: ignore[attr-defined]  # the one "permute" op is Transpose
        return tuple(perm.index(axis) for axis in orders[node.inputs[0]])
    if node.op.layout == "same":
        given = [orders[i] for i in node.inputs if i in orders and len(orders[i]) == rank]
        return given[0] if given else identity(rank)
    return identity(rank)
