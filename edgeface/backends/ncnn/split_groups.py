"""Convolutions with groups of several channels as convolutions of each group, for networks with values in bfloat16.

ncnn on x86, from 1.0.20260526 on, computes such groups with bf16 storage from memory that nothing set; on Arm they are
right (docs/ncnn.md). ncnn computes one group after another anyway.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator

from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import ParamFile
from edgeface.errors import RuntimeFailure
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.shape import Slice
from edgeface.graph.rewrite import Rewrite, apply_rules
from edgeface.graph.types import Array

_GROUPED = frozenset({"ConvolutionDepthWise", "DeconvolutionDepthWise"})


def split_groups(graph: Graph) -> Graph:
    """The graph without groups of several channels or filters."""
    return apply_rules(graph, split)


def split(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for constant weights: a Slice, a convolution for each group, and a Concat."""
    op = node.op
    if not isinstance(op, Conv | ConvTranspose) or op.groups == 1:
        return None
    weight, shape = graph.constant(node.inputs[1]), graph.type(node.inputs[0]).shape
    outputs = graph.type(node.output).shape[1]
    if weight is None or shape[1] == op.groups == outputs:
        return None
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    parts = [f"{node.output}/group_{i}" for i in range(op.groups)]
    each = shape[1] // op.groups
    for index, part in enumerate(parts):
        starts, ends = [0] * 4, list(shape)
        starts[1], ends[1] = index * each, (index + 1) * each
        reads = [f"{part}/input"]
        nodes.append(Node(Slice(tuple(starts), tuple(ends)), node.inputs[:1], (reads[0],), node.origin))
        for name in node.inputs[1:]:
            data = graph.constant(name)
            if data is None:
                return None
            size = len(data) // op.groups
            constants[f"{part}/{name}"] = data[index * size : (index + 1) * size]
            reads.append(f"{part}/{name}")
        nodes.append(Node(_of_one_group(op), tuple(reads), (part,), node.origin))
    nodes.append(Node(Concat(1), tuple(parts), node.outputs, node.origin))
    return Rewrite([node], nodes, constants)


def _of_one_group(op: Conv | ConvTranspose) -> Conv | ConvTranspose:
    if isinstance(op, Conv):
        return Conv(op.strides, op.pads, op.dilations, 1, op.activation)
    return ConvTranspose(op.strides, op.pads, op.dilations, op.output_padding, 1, op.activation)


def refuse_grouped(network: ParamFile, where: str, processor: str = platform.machine()) -> None:
    """Refuse a network in bfloat16 whose groups a processor, named as by `platform.machine`, computes wrongly.

    Raises:
        RuntimeFailure: it has such groups.
    """
    found = next(_grouped(network), None)
    if network.bfloat16 and found is not None and processor.lower() in {"x86_64", "amd64", "i686", "i386"}:
        raise RuntimeFailure(
            f"ncnn on x86 computes layer {found.name!r} wrongly in bfloat16: its groups have several channels",
            where=where,
            fix="export it again with edgeface, which splits such groups, or run it on an Arm core",
        )


def _grouped(network: ParamFile) -> Iterator[Layer]:
    """Convolutions with several groups, and more than one channel or filter in each."""
    for layer in network.layers:
        outputs, width, size, groups = (_whole(layer, key, 0) for key in (0, 1, 6, 7))
        one_each = groups == outputs and size == groups * width * _whole(layer, 11, width)
        if layer.kind in _GROUPED and not one_each:
            yield layer


def _whole(layer: Layer, key: int, default: int) -> int:
    found = layer.params.get(key, default)
    return found if isinstance(found, int) else default
