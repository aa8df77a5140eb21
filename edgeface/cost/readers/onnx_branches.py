"""Branches and loops: an If on a constant is the branch that it takes; others can only follow the counted network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.cost.readers.onnx_operators import COUNTED
from edgeface.errors import InputError
from edgeface.graph.onnx_steps.fold_if import spliced
from edgeface.graph.onnx_steps.walk import attribute_of, graphs_of, held_graphs
from edgeface.graph.onnx_tensors import stored_array

if TYPE_CHECKING:
    import onnx

CONTROL_FLOW: dict[str, int] = {"If": 2, "Loop": 1, "Scan": 1}
"""Operators that hold graphs, and how many."""


@dataclass(frozen=True)
class Branch:
    """The graph that an If runs whatever the image is."""

    node: onnx.NodeProto
    graph: onnx.GraphProto


def branch_taken(node: onnx.NodeProto, known: Mapping[str, onnx.TensorProto], where: str) -> Branch | None:
    """The branch of an If whose condition is known; None for what depends on data but has no work that counts.

    Args:
        node: an If, Loop or Scan.
        known: the values that are known before the model runs.
        where: the node's name in errors.

    Raises:
        InputError: what is computed depends on data.
    """
    if node.op_type == "If" and node.output and node.input and node.input[0] in known:
        condition = stored_array(known[node.input[0]], where)
        branch = attribute_of(node, "then_branch" if condition.size and condition.reshape(-1)[0] else "else_branch")
        if condition.size == 1 and branch is not None:
            return Branch(node, branch.g)
    inner = [item.op_type for held in held_graphs(node) for graph in graphs_of(held) for item in graph.node]
    if not COUNTED.isdisjoint(inner):
        raise depends_on_data_error(node, where)
    return None


def depends_on_data_error(node: onnx.NodeProto, where: str) -> InputError:
    """The refusal of a node whose work is known only when the model runs."""
    return InputError(
        f"the cost of {node.op_type} depends on data, so budgets cannot be checked",
        where=where,
        fix="export the model without control flow; branches on constants and on static shapes are followed",
    )


def splice(model: onnx.ModelProto, taken: Branch) -> None:
    """Put the branch that an If takes in the If's place, in place."""
    nodes, constants = spliced(taken.node, taken.graph)
    kept = [node for node in model.graph.node if list(node.output) != list(taken.node.output)]
    copies = [type(node).FromString(node.SerializeToString()) for node in (*kept, *nodes)]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    model.graph.initializer.extend(constants)
