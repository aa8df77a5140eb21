"""Walks over the graphs of an ONNX model, also those inside of If and Loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

STANDARD = frozenset({"", "ai.onnx"})


def graphs_of(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph, and those that its nodes hold, outermost first."""
    yield graph
    for node in graph.node:
        for inner in held_graphs(node):
            yield from graphs_of(inner)


def held_graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs in a node's attributes: the branches of an If, the body of a Loop."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def values_read(node: onnx.NodeProto) -> Iterator[str]:
    """The names that a node reads, also by the graphs that it holds: there, those that they do not make themselves."""
    yield from (name for name in node.input if name)
    for held in held_graphs(node):
        graphs = list(graphs_of(held))
        made = {name for graph in graphs for inner in graph.node for name in inner.output}
        made |= {value.name for graph in graphs for value in (*graph.input, *graph.initializer)}
        read = [name for graph in graphs for inner in graph.node for name in inner.input if name]
        read += [value.name for graph in graphs for value in graph.output]
        yield from (name for name in read if name not in made)


def opset_of(model: onnx.ModelProto) -> int:
    """The version of ONNX's own operator set."""
    return max((entry.version for entry in model.opset_import if entry.domain in STANDARD), default=1)


def attribute_of(node: onnx.NodeProto, name: str) -> onnx.AttributeProto | None:
    """A node's attribute, None if it is not given."""
    return next((attribute for attribute in node.attribute if attribute.name == name), None)


def expand_nodes(
    model: onnx.ModelProto, expand: Callable[[onnx.NodeProto], list[onnx.NodeProto] | None]
) -> onnx.ModelProto:
    """The model, changed in place, with nodes of all its graphs replaced by others.

    Args:
        model: a model.
        expand: the nodes that a node stands for, in their order; None where it stays.
    """
    for graph in list(graphs_of(model.graph)):
        made = [(node, expand(node)) for node in graph.node]
        if any(new is not None for _, new in made):
            kept = [item for node, new in made for item in ([node] if new is None else new)]
            copies = [type(item).FromString(item.SerializeToString()) for item in kept]
            del graph.node[:]
            graph.node.extend(copies)
    return model
