"""How much of a TFLite graph a delegate runs, read from the loaded interpreter.

When a delegate is applied, LiteRT keeps the model's nodes in its list and appends one node named DELEGATE per
partition. A node runs in a partition exactly if it is between the partition's inputs and outputs, so walking back from
the outputs finds the delegated nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

DELEGATE = "DELEGATE"


@dataclass(frozen=True)
class Operator:
    """A node of a TFLite graph: its op and the indices of its tensors (−1 if absent)."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Delegation:
    """What a delegate runs: partitions, nodes inside them, and the remaining nodes.

    `left` counts the nodes that run in the interpreter's kernels, by op name, most frequent first.
    """

    partitions: int
    delegated_nodes: int
    left: tuple[tuple[str, int], ...]


def delegation_of(operators: Sequence[Operator]) -> Delegation:
    """The partitions and delegated nodes in an interpreter's node list after allocation."""
    partitions = [operator for operator in operators if operator.name == DELEGATE]
    nodes = [operator for operator in operators if operator.name != DELEGATE]
    producer = {tensor: index for index, node in enumerate(nodes) for tensor in node.outputs}
    taken: set[int] = set()
    for partition in partitions:
        taken |= _inside(partition, nodes, producer)
    left = Counter(node.name for index, node in enumerate(nodes) if index not in taken)
    ordered = sorted(left.items(), key=lambda item: (-item[1], item[0]))
    return Delegation(len(partitions), len(taken), tuple(ordered))


def _inside(partition: Operator, nodes: Sequence[Operator], producer: dict[int, int]) -> set[int]:
    border = set(partition.inputs)
    inside: set[int] = set()
    pending = [tensor for tensor in partition.outputs if tensor not in border]
    while pending:
        index = producer.get(pending.pop())
        if index is None or index in inside:
            continue
        inside.add(index)
        pending += [tensor for tensor in nodes[index].inputs if tensor not in border]
    return inside
