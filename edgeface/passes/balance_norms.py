"""Balance what a normalization scales by channel with the weights of the layers that read it.

Trained transformers scale a few channels many times as much as the others. In 8 bits, with one scale for all channels,
the others then have few steps; scaled in the weights instead, each output has a scale of its own. As Xiao et al.
("SmoothQuant", 2023) do, each takes the root. Factors are powers of two: no float result changes by a bit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.normalization import LayerNorm, RmsNorm
from edgeface.graph.rewrite import Refusal, Rewrite, apply
from edgeface.graph.types import Array

REACH = 3.0
"""Of a normalized channel: so many deviations."""


def balance_norms(graph: Graph) -> Graph:
    """The graph with scales of normalizations moved into the weights of all layers that read them."""
    for node in graph.nodes:
        found = balance(graph, node)
        if isinstance(found, Rewrite):
            graph = apply(graph, found)
    return graph


def balance(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for LayerNorm or RmsNorm of the last axis → Mul → Add, or only Mul, that only Gemms read."""
    scaled = _scaled(graph, node)
    if scaled is None:
        return None
    product, last = scaled
    readers = graph.consumers[last.output]
    weights = [graph.constant(r.inputs[1]) for r in readers if isinstance(r.op, Gemm) and r.inputs[0] == last.output]
    known = [weight for weight in weights if weight is not None]
    if not readers or len(known) != len(readers) or last.output in graph.outputs:
        return Refusal("others than layers with constant weights read it")
    reach = np.abs(graph.constants[product.inputs[1]]) * REACH
    if last is not product:
        reach = reach + np.abs(graph.constants[last.inputs[1]])
    factor = _factor(reach, np.max([np.abs(weight).max(axis=0) for weight in known], axis=0))
    if (factor == 1.0).all():
        return None
    changed = [(product, 1.0 / factor), *([(last, 1.0 / factor)] if last is not product else [])]
    changed += [(reader, factor) for reader in readers]
    constants: dict[str, Array] = {}
    added = []
    for each, by in changed:
        name = f"{each.output}/balanced"
        constants[name] = (graph.constants[each.inputs[1]] * by).astype(np.float32)
        added.append(replace(each, inputs=(each.inputs[0], name, *each.inputs[2:])))
    return Rewrite([each for each, _ in changed], added, constants)


def _scaled(graph: Graph, node: Node) -> tuple[Node, Node] | None:
    """The product that scales a normalization by channel, and what is read of it: itself, or the sum behind it."""
    rank = graph.type(node.output).rank
    if not isinstance(node.op, LayerNorm | RmsNorm) or node.op.axes != (rank - 1,):
        return None
    product = graph.only_reader(node.output)
    if product is None or not isinstance(product.op, Mul) or not _by_channel(graph, product, node.output):
        return None
    total = graph.only_reader(product.output)
    if total is not None and isinstance(total.op, Add) and _by_channel(graph, total, product.output):
        return product, total
    return product, product


def _by_channel(graph: Graph, node: Node, of: str) -> bool:
    """Whether the second operand is a constant with one number for each index of the last axis."""
    data = graph.constant(node.inputs[1])
    return (
        node.inputs[0] == of
        and data is not None
        and data.shape == graph.type(of).shape[-1:]
        and node.op.fused == "none"
    )


def _factor(data: Array, weights: Array) -> Array:
    """By what the weights of each channel grow: powers of two, around 1."""
    root = np.sqrt(np.maximum(data, 1e-6) / np.maximum(weights, 1e-6))
    powers: Array = np.exp2(np.rint(np.log2(root) - np.log2(root).mean()))
    return powers
