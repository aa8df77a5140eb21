"""Balance the channels of attention: queries with keys, and each head's values with the layer that reads them.

All heads share one 8-bit scale, while their ranges differ. What a query's channel gains, its key's can lose, and what a
head's values gain, the weights that read the head can lose: the products stay the same. Factors are powers of two, so
that no float result changes by a bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Div, Mul
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.matmul import MatMul
from edgeface.graph.ops.shape import Reshape, Slice, Transpose
from edgeface.graph.rewrite import Rewrite, apply
from edgeface.graph.types import Array


def balance_heads(graph: Graph) -> Graph:
    """The graph with ranges of queries, keys and values evened out by factors in weights."""
    for node in graph.nodes:
        for rule in (balance_scores, balance_values):
            found = rule(graph, node)
            if found is not None:
                graph = apply(graph, found)
    return graph


@dataclass(frozen=True, eq=False)
class _Leaf:
    """Where outputs of a layer arrive: the node that reads them, its operand, and whose output each element is."""

    node: Node
    operand: int
    columns: Array


def balance_scores(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for queries × keys that are outputs of layers, and which nothing else reads."""
    if not isinstance(node.op, MatMul):
        return None
    left, right = (_source(graph, node, operand) for operand in (0, 1))
    if left is None or right is None:
        return None
    (first, queries), (second, keys) = left, right
    if (queries != queries[..., :1, :]).any() or (keys != keys[..., :1]).any():
        return None
    pairs = np.broadcast_arrays(queries[..., 0, :], keys[..., 0])
    a, b = (pair.ravel() for pair in pairs)
    if len(np.unique(a)) != len(a) or len(np.unique(b)) != len(b):
        return None
    root = _power(np.sqrt(_reach(graph, second)[b] / _reach(graph, first)[a]))
    rows: dict[str, dict[int, float]] = {first.output: {}, second.output: {}}
    rows[first.output] |= dict(zip(a.tolist(), root.tolist(), strict=True))
    rows[second.output] |= dict(zip(b.tolist(), (1.0 / root).tolist(), strict=True))
    return _scaled(graph, {n.output: n for n in (first, second)}, rows)


def balance_values(graph: Graph, node: Node) -> Rewrite | None:
    """Fires for weights × values that are outputs of a layer, where a layer alone reads the product."""
    if not isinstance(node.op, MatMul) or (side := _source(graph, node, 1)) is None:
        return None
    layer, values = side
    count = graph.type(layer.output).shape[-1]
    group = np.arange(count)
    for mixed in values.swapaxes(-1, -2).reshape(-1, values.shape[-2]):
        group[np.isin(group, group[mixed])] = group[mixed].min()
    made = np.broadcast_to(group[values[..., :1, :]], graph.type(node.output).shape)
    leaves = _leaves(graph, node.output, made)
    if len(leaves) != 1 or not isinstance(leaves[0].node.op, Gemm) or leaves[0].operand != 0:
        return None
    reader, columns = leaves[0].node, leaves[0].columns.reshape(-1, leaves[0].columns.shape[-1])
    weight = graph.constant(reader.inputs[1])
    if weight is None or (columns != columns[:1]).any() or reader is layer:
        return None
    used = np.unique(values)
    large, reads = _reach(graph, layer), np.abs(weight).max(axis=0)
    heads = np.unique(group[used])
    ratio = np.array([large[used[group[used] == h]].max() / max(reads[columns[0] == h].max(), 1e-6) for h in heads])
    root = np.sqrt(ratio)
    factor = dict(zip(heads.tolist(), _power(root / np.exp(np.log(root).mean())).tolist(), strict=True))
    rows = {layer.output: {int(column): 1.0 / factor[int(group[column])] for column in used}}
    by = np.array([factor[int(h)] for h in columns[0]])
    return _scaled(graph, {layer.output: layer}, rows, (reader, by))


def _source(graph: Graph, node: Node, operand: int) -> tuple[Node, Array] | None:
    """The layer whose outputs an operand is, and which of them each element is, if nothing else reads these."""
    name = node.inputs[operand]
    while (made := graph.producers.get(name)) is not None and _moves(graph, made):
        name = made.inputs[0]
    if made is None or not isinstance(made.op, Gemm) or made.op.fused != "none" or made.output in graph.outputs:
        return None
    if graph.constant(made.inputs[1]) is None:
        return None
    kind = graph.type(made.output)
    leaves = _leaves(graph, made.output, np.broadcast_to(np.arange(kind.shape[-1]), kind.shape))
    mine = [leaf for leaf in leaves if leaf.node is node and leaf.operand == operand]
    others = [leaf.columns for leaf in leaves if not (leaf.node is node and leaf.operand == operand)]
    if len(mine) != 1 or any(np.isin(mine[0].columns, other).any() for other in others):
        return None
    return made, mine[0].columns


def _leaves(graph: Graph, name: str, columns: Array) -> list[_Leaf]:
    """All that reads a value, through what only moves it; an output of the graph is read by no node."""
    found: list[_Leaf] = []
    for reader in graph.consumers[name]:
        if _moves(graph, reader) and reader.inputs[0] == name and reader.output not in graph.outputs:
            found += _leaves(graph, reader.output, _moved(graph, reader, columns))
        else:
            found += [_Leaf(reader, i, columns) for i, read in enumerate(reader.inputs) if read == name]
    return found


def _moves(graph: Graph, node: Node) -> bool:
    if isinstance(node.op, Mul | Div) and node.op.fused == "none":
        number = graph.constant(node.inputs[1])
        return number is not None and number.size == 1 and graph.type(node.output) == graph.type(node.inputs[0])
    return isinstance(node.op, Transpose | Reshape | Slice)


def _moved(graph: Graph, node: Node, columns: Array) -> Array:
    if isinstance(node.op, Transpose):
        return columns.transpose(node.op.perm)
    if isinstance(node.op, Slice):
        return columns[tuple(slice(start, end) for start, end in zip(node.op.starts, node.op.ends, strict=True))]
    return columns.reshape(graph.type(node.output).shape)


def _reach(graph: Graph, layer: Node) -> Array:
    """How far each output of a layer reaches, up to a factor: the norm of its weights, and its bias."""
    norm = np.linalg.norm(graph.constants[layer.inputs[1]].astype(np.float64), axis=1)
    reach: Array = norm + (np.abs(graph.constants[layer.inputs[2]]) if len(layer.inputs) > 2 else 0.0) + 1e-6
    return reach


def _power(factor: Array) -> Array:
    powers: Array = np.exp2(np.rint(np.log2(factor)))
    return powers


def _scaled(
    graph: Graph,
    layers: Mapping[str, Node],
    rows: Mapping[str, Mapping[int, float]],
    reader: tuple[Node, Array] | None = None,
) -> Rewrite | None:
    """Layers with factors on some outputs, and a layer with factors on its inputs; None where all are 1."""
    constants: dict[str, Array] = {}
    added = []
    for output, layer in layers.items():
        factor = np.ones(graph.type(output).shape[-1])
        factor[list(rows[output])] = list(rows[output].values())
        names = [f"{name}/heads@{output}" for name in layer.inputs[1:]]
        for name, new in zip(layer.inputs[1:], names, strict=True):
            data = graph.constants[name]
            constants[new] = (data * factor.reshape(-1, *(1,) * (data.ndim - 1))).astype(np.float32)
        added.append(replace(layer, inputs=(layer.inputs[0], *names)))
    if all(factor == 1.0 for row in rows.values() for factor in row.values()):
        return None
    removed = list(layers.values())
    if reader is not None:
        node, by = reader
        name = f"{node.inputs[1]}/heads@{node.output}"
        constants[name] = (graph.constants[node.inputs[1]] * by).astype(np.float32)
        added.append(replace(node, inputs=(node.inputs[0], name, *node.inputs[2:])))
        removed.append(node)
    return Rewrite(removed, added, constants)
