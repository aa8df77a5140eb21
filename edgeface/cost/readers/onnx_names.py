"""Make the names in an ONNX file safe for terminals, logs and parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeface.graph.onnx_steps.walk import held_graphs

if TYPE_CHECKING:
    import onnx


def make_names_visible(model: onnx.ModelProto) -> None:
    r"""Escape control characters and bytes that are not UTF-8, as in `\x1b`, in all names of a model, in place.

    protobuf returns bytes for the latter. Equal names stay equal, so the graph does not change.
    """
    graph = model.graph
    _rewrite(graph, "name")
    for value in (*graph.input, *graph.output, *graph.initializer):
        _rewrite(value, "name")
    for value in graph.input:
        for dim in value.type.tensor_type.shape.dim:
            _rewrite(dim, "dim_param")
    for node in graph.node:
        _rewrite_node(node)
    for function in model.functions:
        _rewrite_function(function)
    for entry in model.opset_import:
        _rewrite(entry, "domain")
    for entry in model.metadata_props:
        _rewrite(entry, "key")
        if isinstance(entry.value, bytes):
            _rewrite(entry, "value")


def describe_node(node: onnx.NodeProto) -> str:
    """The node's name in errors."""
    return f"node {node.name or ', '.join(node.output[:3])!r} ({node.op_type})"


def _rewrite_function(function: onnx.FunctionProto) -> None:
    for field in ("name", "domain", "overload"):
        _rewrite(function, field)
    for names in (function.input, function.output, function.attribute):
        _rewrite_each(names)
    for entry in function.opset_import:
        _rewrite(entry, "domain")
    for node in function.node:
        _rewrite_node(node)


def _rewrite_node(node: onnx.NodeProto) -> None:
    for field in ("name", "op_type", "domain", "overload"):
        _rewrite(node, field)
    _rewrite_each(node.input)
    _rewrite_each(node.output)
    for attribute in node.attribute:
        _rewrite(attribute, "name")
        _rewrite(attribute, "ref_attr_name")
    for graph in held_graphs(node):
        for value in (*graph.input, *graph.output, *graph.initializer):
            _rewrite(value, "name")
        for inner in graph.node:
            _rewrite_node(inner)


def _rewrite(message: Any, field: str) -> None:
    text = getattr(message, field, "")  # overload came with onnx 1.16
    if text and (isinstance(text, bytes) or not text.isprintable()):
        setattr(message, field, _visible(text))


def _rewrite_each(names: Any) -> None:
    for index, name in enumerate(names):
        if isinstance(name, bytes) or not name.isprintable():
            names[index] = _visible(name)


def _visible(text: str | bytes) -> str:
    decoded = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in decoded)
