"""Contradictions in an ONNX file that readers resolve differently, so that none of them can be believed.

onnx's checker accepts two imports of one operator set in different versions, and ONNX Runtime takes the last of two
definitions, so that the order of entries decides what the model computes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from edgeface.errors import GraphError, InputError
from edgeface.graph.onnx_steps.walk import graphs_of

if TYPE_CHECKING:
    import onnx

_STANDARD = "ai.onnx"
_COUNTS = {"kernel_shape", "strides", "dilations"}
_ONE_COUNT = {"blocksize", "num_outputs"}
_CONVOLUTIONS = {"Conv": 1, "ConvTranspose": 1, "ConvInteger": 1, "QLinearConv": 3}
"""Position of the weights."""


def refuse_contradictions(model: onnx.ModelProto, where: str) -> None:
    """Refuse a model that defines something twice, or differently from its weights.

    Args:
        model: a parsed model.
        where: its name in errors.

    Raises:
        InputError: an operator set is imported twice, or is newer than the installed onnx.
        GraphError: a name stands for two inputs, constants or outputs; an attribute is given twice, or counts less
            than one pixel or part; or a convolution's kernel or groups do not match its weights.
    """
    for imports in (model.opset_import, *(function.opset_import for function in model.functions)):
        _check_imports(imports, where)
    graph = model.graph
    for kind, values in (("constants", graph.initializer), ("inputs", graph.input), ("outputs", graph.output)):
        names = Counter(value.name for value in values)
        for name in (name for name, times in names.items() if times > 1):
            raise GraphError(
                f"{names[name]} {kind} of the model have the name {name!r}, so that it is unclear which one is meant",
                where=where,
                fix="export the model again; a name stands for one tensor",
            )
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for node in (node for body in (graph, *model.functions) for inner in graphs_of(body) for node in inner.node):
        _check_counts(node, where)
    for node in graph.node:
        _check_attributes(node, where)
        if node.op_type in _CONVOLUTIONS and len(node.input) > _CONVOLUTIONS[node.op_type]:
            weight = shapes.get(node.input[_CONVOLUTIONS[node.op_type]])
            if weight is not None:
                check_convolution(node, weight, _located(node, where))


def check_convolution(node: onnx.NodeProto, weight: tuple[int, ...], where: str) -> None:
    """Require that a convolution's attributes match the shape of its weights.

    Args:
        node: a convolution, also transposed.
        weight: [M,C/groups,…], or [C,M/groups,…] if transposed.
        where: the node's name in errors.

    Raises:
        GraphError: `kernel_shape` is another, or the weights cannot be split into `group` groups.
    """
    attributes = {attribute.name: attribute for attribute in node.attribute}
    kernel = tuple(attributes["kernel_shape"].ints) if "kernel_shape" in attributes else ()
    if kernel and kernel != weight[2:]:
        raise GraphError(
            f"the attribute kernel_shape is {_sizes(kernel)}, but the weights are {_sizes(weight)}",
            where=where,
            fix="export the model again; kernel_shape may also be left out",
        )
    groups = attributes["group"].i if "group" in attributes else 1
    if groups < 1 or (weight and weight[0] % groups):
        raise GraphError(
            f"{weight[0] if weight else 0} channels cannot be split into {groups} groups",
            where=where,
            fix="export the model again; the attribute group must divide the channels",
        )


def _check_counts(node: onnx.NodeProto, where: str) -> None:
    """Require that windows, their steps and blocks have at least one pixel: libraries divide by them unasked."""
    for attribute in node.attribute:
        numbers = [*attribute.ints, *([attribute.i] if attribute.name in _ONE_COUNT else [])]
        if attribute.name in _COUNTS | _ONE_COUNT and min(numbers, default=1) < 1:
            raise GraphError(
                f"the attribute {attribute.name} is {_sizes(numbers)}",
                where=_located(node, where),
                fix="export the model again; it counts pixels or parts, at least 1",
            )


def _check_attributes(node: onnx.NodeProto, where: str) -> None:
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) < len(names):
        name = max(names, key=names.count)
        raise GraphError(
            f"the attribute {name!r} is given {names.count(name)} times",
            where=_located(node, where),
            fix="export the model again; an attribute is given once",
        )


def _located(node: onnx.NodeProto, where: str) -> str:
    return f"{where}: node {node.name or next(iter(node.output), '')!r} ({node.op_type})"


def _check_imports(imports: Iterable[Any], where: str) -> None:
    from onnx import defs

    found: dict[str, int] = {}
    for entry in imports:
        domain = entry.domain or _STANDARD
        if domain in found:
            raise InputError(
                f"the model imports the operator set {domain} twice, as versions {found[domain]} and {entry.version}",
                where=where,
                fix="export the model again; each operator set is imported once",
            )
        found[domain] = entry.version
    newest = defs.onnx_opset_version()
    if found.get(_STANDARD, 1) > newest:
        raise InputError(
            f"the model needs version {found[_STANDARD]} of ONNX's operator set, but the installed onnx knows {newest}",
            where=where,
            fix=f"export the model with opset {newest} or older, or update onnx if a newer one exists",
        )


def _sizes(sizes: Iterable[int]) -> str:
    return "×".join(map(str, sizes))
