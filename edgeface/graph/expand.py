"""Replace ops by the simpler ones that they expand to, for writers whose runtimes lack them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.rows import Row, Rows
from edgeface.graph.types import Array


def expand(graph: Graph, wanted: Callable[[Op], bool]) -> Graph:
    """The graph with expansions instead of the wanted ops, and of those that these expand to.

    Args:
        graph: the graph. Values keep their names.
        wanted: whether an op is to be expanded; elementary ops stay.
    """
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    changed = False
    for node in graph.nodes:
        rows = Rows([graph.type(name) for name in node.inputs])
        if wanted(node.op):
            node.op.expand(rows)
        changed |= bool(rows.found)
        nodes += _nodes(node, rows.found, constants) if rows.found else [node]
    return expand(graph.rebuild(nodes, constants), wanted) if changed else graph


def _nodes(node: Node, rows: Sequence[Row], constants: dict[str, Array]) -> list[Node]:
    """The nodes of an expansion; adds to `constants`."""
    made = [f"{node.output}/{index}" for index in range(len(rows) - 1)] + [node.output]
    found = []
    for index, row in enumerate(rows):
        reads = []
        for place, each in enumerate(row.reads):
            if isinstance(each, int):
                reads.append(node.inputs[each] if each >= 0 else made[~each])
            else:
                reads.append(f"{node.output}/{index}/constant_{place}")
                constants[reads[-1]] = each
        found.append(Node(row.op, tuple(reads), (made[index],), node.origin))
    return found
