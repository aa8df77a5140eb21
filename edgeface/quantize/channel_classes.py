"""Which channels of activations may be scaled, each by a factor of its own, without changing a network's results.

Where only convolutions read a channel, through functions with f(s·x) = s·f(x) for s > 0, and only convolutions make it,
it may be scaled by any s: the producers' rows of weights are multiplied, the readers' columns divided. Nodes between
them tie channels together: both inputs and the output of an Add have one factor per channel, as have the parts of a
Concat along channels and what it makes. Channels that are tied are one class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import LeakyRelu, PRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Concat, Div, Mul, Sub
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.extremes import Max
from edgeface.graph.ops.shape import Pad
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize
from edgeface.graph.types import Array

_ALONE = (Relu, LeakyRelu, PRelu, Resize, MaxPool, AveragePool, GlobalAveragePool, Pad)
_TOGETHER = (Add, Sub, Max)
_BY_CONSTANT = (Mul, Div)


@dataclass(frozen=True, eq=False)
class ChannelClasses:
    """The class of each channel, and which classes are free.

    Attributes:
        of: class indices int64 [channels] for each activation of rank 4.
        free: bool [classes]; a class is free where it may be scaled.
        clipped: the activations that convolutions clip at 6, whose channels may be scaled only if they stay below it.
    """

    of: Mapping[str, Array]
    free: Array
    clipped: tuple[str, ...] = ()


def classify_channels(graph: Graph) -> ChannelClasses:
    """The classes of all channels that pass from convolutions to convolutions."""
    ids, count = _numbered(graph)
    leader = np.arange(count)
    bound = np.zeros(count, bool)
    for name in (*graph.inputs, *graph.outputs):
        bound[ids.get(name, [])] = True
    for node in graph.nodes:
        tied = _tied(graph, node, ids)
        if tied is None:
            for name in _to_bind(graph, node):
                bound[ids.get(name, [])] = True
            continue
        for a, b in tied:
            _join(leader, a, b)
    roots = np.array([_find(leader, i) for i in range(count)], np.int64)
    _, classes = np.unique(roots, return_inverse=True)
    free = np.ones(int(classes.max(initial=-1)) + 1, bool)
    np.logical_and.at(free, classes, ~bound)
    clipped = tuple(n.output for n in graph.nodes if isinstance(n.op, Conv) and n.op.fused == "relu6")
    return ChannelClasses({name: classes[own] for name, own in ids.items()}, free, clipped)


def owns_weights(graph: Graph, node: Node) -> bool:
    """Whether a node is a convolution whose weights are constants without other readers."""
    if not isinstance(node.op, Conv):
        return False
    return all(graph.constant(n) is not None and len(graph.consumers[n]) == 1 for n in node.inputs[1:])


def _numbered(graph: Graph) -> tuple[dict[str, Array], int]:
    """A number for each channel of each activation of rank 4, and how many there are."""
    ids: dict[str, Array] = {}
    count = 0
    for name in graph.activations:
        shape = graph.type(name).shape
        if len(shape) == 4:
            ids[name] = np.arange(count, count + shape[1])
            count += shape[1]
    return ids, count


def _tied(graph: Graph, node: Node, ids: Mapping[str, Array]) -> Iterable[tuple[Array, Array]] | None:
    """Pairs of channels with one factor; None where a node does not pass factors on."""
    op, computed = node.op, [name for name in node.inputs if graph.constant(name) is None]
    made = ids.get(node.output)
    if made is None or not all(name in ids for name in computed) or op.fused == "relu6":
        return None
    if isinstance(op, Concat) and op.axis == 1 and len(computed) == len(node.inputs):
        return [(np.concatenate([ids[name] for name in node.inputs]), made)]
    passes = isinstance(op, _ALONE) or (isinstance(op, _BY_CONSTANT) and computed == [node.inputs[0]])
    joins = isinstance(op, _TOGETHER) and len(computed) == len(node.inputs)
    if not (passes or joins) or any(len(ids[name]) != len(made) for name in computed):
        return None
    return [(ids[name], made) for name in computed]


def _to_bind(graph: Graph, node: Node) -> list[str]:
    """The values of a node that does not pass factors on, which then cannot be scaled."""
    return [] if owns_weights(graph, node) else [*node.inputs, *node.outputs]


def _find(leader: Array, index: int) -> int:
    while leader[index] != index:
        leader[index] = leader[leader[index]]
        index = int(leader[index])
    return index


def _join(leader: Array, these: Array, those: Array) -> None:
    for a, b in zip(these.tolist(), those.tolist(), strict=True):
        one, other = _find(leader, a), _find(leader, b)
        leader[max(one, other)] = min(one, other)
