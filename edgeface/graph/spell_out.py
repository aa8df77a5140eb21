"""Put the chains of a Spelling in its place."""

from __future__ import annotations

from dataclasses import replace

from edgeface.graph.ir import Node
from edgeface.graph.ops.spelling import Spelling
from edgeface.graph.types import Array


def spell_out(node: Node, constants: dict[str, Array]) -> list[Node]:
    """The nodes that a node stands for, in order: itself, unless its op is a Spelling.

    Args:
        node: as it was read; an output without a name is not wanted.
        constants: of the graph; those that the chains bring are added.
    """
    if not isinstance(node.op, Spelling):
        return [replace(node, outputs=tuple(output for output in node.outputs if output))]
    found = []
    wanted = [(output, chain) for output, chain in zip(node.outputs, node.op.chains, strict=False) if output]
    for output, chain in wanted:
        value = node.inputs[0]
        for index, step in enumerate(chain):
            made = output if index == len(chain) - 1 else f"{output}/{index}"
            names = tuple(f"{output}/{index}/constant_{i}" for i in range(len(step.constants)))
            constants |= dict(zip(names, step.constants, strict=True))
            found.append(Node(step.op, (value, *names), (made,), node.origin))
            value = made
    return found
