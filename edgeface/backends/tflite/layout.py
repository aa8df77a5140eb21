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
    if node.op.layout == "permute" or (node.op.layout == "reshape" and _survives(graph, node, orders)):
        return orders[name]
    if node.op.layout == "reshape":
        return identity(graph.type(name).rank)
    if node.op.layout == "matrices":
        return orders[name] if is_turned(orders[name]) else identity(graph.type(name).rank)
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


def is_turned(order: Order) -> bool:
    """Whether only the last two axes are swapped."""
    return order == (*range(len(order) - 2), len(order) - 1, len(order) - 2)


def reshaped_order(before: tuple[int, ...], after: tuple[int, ...], order: Order) -> Order | None:
    """The order of a reshaped tensor whose bytes stay where they are; None where no order describes them.

    Args:
        before: the logical shape.
        after: the logical shape after reshaping.
        order: the memory order before. It survives where axes that are joined or split lie together in memory.
    """
    parts = []
    for old, new in _parts(before, after):
        long = [axis for axis in old if before[axis] > 1] or old[:1]
        places = [order.index(axis) for axis in long]
        between = {axis for axis in order[places[0] : places[-1] + 1] if before[axis] > 1}
        if places != sorted(places) or not between <= set(old):
            return None
        parts.append((places[0], new))
    return tuple(axis for _, new in sorted(parts) for axis in new) if parts else identity(len(after))


def _parts(before: tuple[int, ...], after: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """The smallest groups of axes that become groups of axes with the same number of elements."""
    found: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(before) and j < len(after):
        first, sizes = (i, j), [before[i], after[j]]
        i, j = i + 1, j + 1
        while sizes[0] != sizes[1]:
            if sizes[0] < sizes[1]:
                sizes[0] *= before[i]
                i += 1
            else:
                sizes[1] *= after[j]
                j += 1
        found.append((list(range(first[0], i)), list(range(first[1], j))))
    if found:  # axes of size 1 that are left
        found[-1][0].extend(range(i, len(before)))
        found[-1][1].extend(range(j, len(after)))
    return found


def _survives(graph: Graph, node: Node, orders: dict[str, Order]) -> bool:
    name = node.inputs[0]
    return reshaped_order(graph.type(name).shape, graph.type(node.output).shape, orders[name]) is not None


def _output_order(graph: Graph, node: Node, output: str, orders: dict[str, Order]) -> Order:
    rank = graph.type(output).rank
    if node.op.layout == "image":
        return CHANNELS_LAST
    if node.op.layout == "permute":
        perm = node.op.perm  # type: ignore[attr-defined]  # the one "permute" op is Transpose
        return tuple(perm.index(axis) for axis in orders[node.inputs[0]])
    if node.op.layout == "reshape":
        shapes = graph.type(node.inputs[0]).shape, graph.type(output).shape
        return reshaped_order(*shapes, orders[node.inputs[0]]) or identity(rank)
    if node.op.layout in {"same", "last"}:
        given = [orders[i] for i in node.inputs if i in orders and len(orders[i]) == rank]
        order = given[0] if given else identity(rank)
        return order if node.op.layout == "same" else _with_last(order, node.op.axis % rank)  # type: ignore[attr-defined]
    return identity(rank)


def _with_last(order: Order, axis: int) -> Order:
    return (*(other for other in order if other != axis), axis)
