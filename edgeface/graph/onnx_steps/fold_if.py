"""Replace an If whose condition is constant by the branch that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.walk import STANDARD, attribute_of, held_graphs
from edgeface.graph.onnx_tensors import stored_array

if TYPE_CHECKING:
    import onnx


def fold_if(model: onnx.ModelProto, where: str) -> bool:
    """Whether an If of the model's graph had a constant condition; its branch stands in its place now.

    Raises:
        InputError: the condition's data does not have its type and shape.
    """
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    stored |= {name: node.attribute[0].t for node in graph.node if _is_constant(node) for name in node.output}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        branch = _taken(node, stored, where)
        if branch is None:
            kept.append(node)
            continue
        nodes, constants = spliced(node, branch)
        kept += nodes
        graph.initializer.extend(constants)
    changed = len(kept) != len(graph.node) or any(a is not b for a, b in zip(kept, graph.node, strict=True))
    if changed:
        copies = [type(item).FromString(item.SerializeToString()) for item in kept]
        del graph.node[:]
        graph.node.extend(copies)
    return changed


def _is_constant(node: onnx.NodeProto) -> bool:
    return node.op_type == "Constant" and bool(node.attribute) and node.attribute[0].HasField("t")


def _taken(node: onnx.NodeProto, stored: Mapping[str, onnx.TensorProto], where: str) -> onnx.GraphProto | None:
    if node.op_type != "If" or node.domain not in STANDARD or not node.input or not node.output:
        return None
    if node.input[0] not in stored:
        return None
    condition = stored_array(stored[node.input[0]], where)
    if condition.size != 1:
        return None
    branch = attribute_of(node, "then_branch" if bool(condition.reshape(-1)[0]) else "else_branch")
    return None if branch is None else branch.g


def spliced(node: onnx.NodeProto, branch: onnx.GraphProto) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """A branch's nodes and constants, for the graph around it: named after the If, and giving its outputs.

    Args:
        node: an If.
        branch: the graph of the branch that it takes.
    """
    from onnx import helper

    own = [tensor.name for tensor in branch.initializer] + [name for inner in branch.node for name in inner.output]
    names = {name: f"{node.output[0]}/{name}" for name in own if name}
    nodes = [type(inner).FromString(inner.SerializeToString()) for inner in branch.node]
    for inner in nodes:
        _rename(inner, names)
    constants = [type(tensor).FromString(tensor.SerializeToString()) for tensor in branch.initializer]
    for tensor in constants:
        tensor.name = names[tensor.name]
    for value, output in zip(branch.output, node.output, strict=False):
        source = names.get(value.name, value.name)
        nodes.append(helper.make_node("Identity", [source], [output], name=f"{node.name or node.output[0]}/{output}"))
    return nodes, constants


def _rename(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    """Let a node read and give values by other names, also inside of its graphs."""
    node.input[:] = [names.get(name, name) for name in node.input]
    node.output[:] = [names.get(name, name) for name in node.output]
    for inner in held_graphs(node):
        for value in inner.output:
            value.name = names.get(value.name, value.name)
        for held in inner.node:
            _rename(held, names)
