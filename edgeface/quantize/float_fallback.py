"""Which nodes are computed in float: what the recipe keeps, and what follows from it and from the interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from edgeface.errors import InputError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, HardSwish, PRelu, Relu
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose

_FOLLOWERS: tuple[type[Op], ...] = (Concat, Reshape, Transpose)


def _is_prelu(_: Graph, node: Node) -> bool:
    return isinstance(node.op, PRelu)


def _is_depthwise_after_prelu(graph: Graph, node: Node) -> bool:
    if not isinstance(node.op, Conv) or not node.op.is_depthwise(graph.type(node.inputs[1]).shape):
        return False
    before = graph.producers.get(node.inputs[0])
    return before is not None and _is_prelu(graph, before)


def _is_hard_swish(_: Graph, node: Node) -> bool:
    return isinstance(node.op, HardSwish)


def _is_lone_relu(_: Graph, node: Node) -> bool:
    """A ReLU or clip that no operator before it takes in."""
    return isinstance(node.op, Relu | Clip)


KINDS: dict[str, Callable[[Graph, Node], bool]] = {
    "kind:prelu": _is_prelu,
    "kind:depthwise after prelu": _is_depthwise_after_prelu,
    "kind:hard swish": _is_hard_swish,
    "kind:lone relu": _is_lone_relu,
}
"""Nodes by what they are, for recipes whose variants name them differently."""


def float_fallback(
    graph: Graph, patterns: Mapping[str, str], float_interface: bool, section: str = "quantize.keep_float"
) -> dict[str, str]:
    """Values to compute in float, with reasons.

    Args:
        graph: the legalized graph.
        patterns: glob patterns of node origins, or names of `KINDS`, and why these nodes stay in float. A kind may
            match nothing; a pattern must match something.
        float_interface: whether the model's inputs and outputs are float. Then an input that only float nodes read is
            never quantized, and a Concat that makes an output joins its branches after they were dequantized.
        section: where the recipe has the patterns, for errors.

    Raises:
        InputError: a pattern matches no node, so that it would do nothing silently.
    """
    kept: dict[str, str] = {}
    for pattern, reason in patterns.items():
        kind = KINDS.get(pattern)
        found = [n for n in graph.nodes if (kind(graph, n) if kind else fnmatchcase(n.origin, pattern))]
        if not found and kind is None:
            raise InputError(
                f"no node matches {pattern!r}, which the recipe keeps in float",
                where=f"recipe, [{section}], graph {graph.name!r}",
                fix="patterns are matched against the node names of the exported ONNX model",
            )
        kept |= {node.output: reason for node in found}
    for node in graph.nodes:
        if isinstance(node.op, _FOLLOWERS) and _all_kept(graph, node, kept):
            kept.setdefault(node.output, "all that it reads is computed in float")
        elif float_interface and isinstance(node.op, Concat) and node.output in graph.outputs:
            kept.setdefault(node.output, "its branches keep separate scales: they are dequantized, then joined")
    for name in graph.inputs:
        readers = graph.consumers[name]
        if float_interface and readers and all(r.output in kept for r in readers):
            kept[name] = "only float nodes read it"
    return kept


def _all_kept(graph: Graph, node: Node, kept: Mapping[str, str]) -> bool:
    return all(name in kept for name in node.inputs if graph.constant(name) is None)
