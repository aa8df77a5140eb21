"""Cut decisions off behind the last float values of a network: suppression, the best of many, peaks, loops.

What they decide depends on thresholds that a contract declares, and their sizes depend on the picture: the outputs of a
compiled network are what they read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.drop_unread import drop_unread
from edgeface.graph.onnx_steps.walk import STANDARD, graphs_of, held_graphs, values_read

if TYPE_CHECKING:
    import onnx

_FLOAT = 1  # onnx.TensorProto.DataType
_DECISIONS = frozenset(
    {"NonMaxSuppression", "TopK", "ArgMax", "ArgMin", "NonZero", "Loop", "Scan", "Unique", "Compress", "Multinomial"}
)
_LAYERS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "DeformConv", "RoiAlign", "MaxRoiPool", "Attention"})
_COMPARES = frozenset({"Equal", "GreaterOrEqual"})
_ARRANGES = frozenset({"Transpose", "Unsqueeze", "Squeeze"})
_ARRANGED = {"NonMaxSuppression": 2, "TopK": 1}  # first inputs, whose axes they prescribe
_MOVES = frozenset({"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"})


@dataclass(frozen=True)
class Cut:
    """What was cut off a model.

    Attributes:
        operators: the decisions by operator, as in "NonMaxSuppression 'n_35'".
        outputs: outputs of the model that no longer exist.
        heads: the outputs that it has instead.
    """

    operators: tuple[str, ...]
    outputs: tuple[str, ...]
    heads: tuple[str, ...]

    def __str__(self) -> str:
        """One sentence for the user."""
        gone, heads = (", ".join(map(repr, names)) for names in (self.outputs, self.heads))
        return (
            f"cut off behind the network, because a contract's decoder decides: {', '.join(self.operators)}; "
            f"instead of {gone} the outputs are {heads}"
        )


def may_decide(model: onnx.ModelProto) -> bool:
    """Whether a model has any operator that can decide, so that `cut_decisions` is worth preparing it for."""
    nodes = [node for graph in graphs_of(model.graph) for node in graph.node]
    return any(_is_decision(node) or node.op_type in _COMPARES for node in nodes)


def cut_decisions(model: onnx.ModelProto) -> Cut | None:
    """Cut a model's decisions off, in place, if no layer of the network reads their results.

    Args:
        model: a model with static inputs and folded constants.

    Returns:
        What was cut; None if there is nothing to cut.
    """
    graph = model.graph
    kinds = _kinds(model)
    found = _Decisions(graph, kinds)
    outputs = tuple(value.name for value in graph.output if value.name in found.made)
    if not outputs or any(node.op_type in _LAYERS for node in found.nodes):
        return None
    heads = found.heads()
    if not heads:
        return None
    cut = Cut(tuple(found.named()), outputs, tuple(heads))
    _replace_outputs(graph, outputs, heads, kinds)
    read_before = _read(graph)
    drop_unread(model)
    unread = read_before - _read(graph)
    for index in reversed(range(len(graph.input))):
        if graph.input[index].name in unread:  # thresholds and the like
            del graph.input[index]
    return cut


def _read(graph: onnx.GraphProto) -> set[str]:
    return {name for node in graph.node for name in values_read(node)} | {value.name for value in graph.output}


class _Decisions:
    """The nodes of a graph that decide, or that need what was decided."""

    def __init__(self, graph: onnx.GraphProto, kinds: dict[str, onnx.TypeProto]) -> None:
        self.graph = graph
        self.kinds = kinds
        self.stored = {tensor.name for tensor in graph.initializer}
        self.makers = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
        self.roots = [index for index, node in enumerate(graph.node) if self._decides(node)]
        pools = [index for root in self.roots if (index := self._pool(graph.node[root])) is not None]
        others = [value.name for value in graph.output if not self._is_float(value.name)]
        self.inside = self._closed({*self.roots, *pools, *(self.makers[n] for n in others if n in self.makers)})
        self.nodes = [graph.node[index] for index in sorted(self.inside)]
        self.made = {name for node in self.nodes for name in node.output if name}

    def named(self) -> Iterator[str]:
        """The decisions, each with its operator."""
        for index in self.roots or sorted(self.inside)[:1]:
            node = self.graph.node[index]
            yield f"{node.op_type} {node.name or node.output[0]!r}"

    def heads(self) -> list[str]:
        """The float values that the decisions read, in the graph's order; of one that is only moved, its source."""
        read = dict.fromkeys(n for node in self.nodes for n in self._read_by(node) if n not in self.made)
        found = [name for name in read if name in self.makers and self._is_float(name)]
        order = {name: self.makers[name] for name in found}
        plain = [name for name in found if not any(source in order for source in self._sources(name))]
        return sorted(plain, key=lambda name: order[name])

    def _read_by(self, node: onnx.NodeProto) -> Iterator[str]:
        """What a decision reads; what suppression reads as it was before its axes were arranged for that."""
        arranged = set(node.input[: _ARRANGED.get(node.op_type, 0)])
        for name in values_read(node):
            yield self._unarranged(name) if name in arranged else name

    def _unarranged(self, name: str) -> str:
        while name not in self.made and self._makes(name) in _ARRANGES:
            name = self.graph.node[self.makers[name]].input[0]
        return name

    def _makes(self, name: str) -> str:
        """The operator that makes a value, "" of inputs and constants."""
        return self.graph.node[self.makers[name]].op_type if name in self.makers else ""

    def _sources(self, name: str) -> Iterator[str]:
        """What a value holds the numbers of, in another order or shape."""
        while name in self.makers and self.graph.node[self.makers[name]].op_type in _MOVES:
            name = self.graph.node[self.makers[name]].input[0]
            yield name

    def _decides(self, node: onnx.NodeProto) -> bool:
        held = [inner for outer in held_graphs(node) for graph in graphs_of(outer) for inner in graph.node]
        return any(_is_decision(item) for item in (node, *held)) or self._pool(node) is not None

    def _pool(self, node: onnx.NodeProto) -> int | None:
        """The pool that gives a map's maximum in a neighbourhood, if the node compares the map with it: for peaks."""
        if node.op_type not in _COMPARES or node.domain not in STANDARD or len(node.input) != 2:
            return None
        for one, other in (tuple(node.input), tuple(reversed(node.input))):
            maker = self.makers.get(one)
            if maker is not None and self.graph.node[maker].op_type == "MaxPool":
                return maker if other in self.graph.node[maker].input else None
        return None

    def _closed(self, inside: set[int]) -> set[int]:
        """Also what reads their results, and what gives them other values than floats."""
        while True:
            made = {name for index in inside for name in self.graph.node[index].output}
            readers = {i for i, node in enumerate(self.graph.node) if not made.isdisjoint(values_read(node))}
            read = {name for index in inside | readers for name in values_read(self.graph.node[index])}
            makers = {self.makers[name] for name in read if name in self.makers and not self._is_float(name)}
            grown = inside | readers | makers
            if grown == inside:
                return inside
            inside = grown

    def _is_float(self, name: str) -> bool:
        kind = self.kinds.get(name)
        return kind is None or kind.tensor_type.elem_type in {0, _FLOAT}


def _is_decision(node: onnx.NodeProto) -> bool:
    return node.op_type in _DECISIONS and node.domain in STANDARD


def _kinds(model: onnx.ModelProto) -> dict[str, onnx.TypeProto]:
    graph = model.graph
    return {value.name: value.type for value in (*graph.value_info, *graph.input, *graph.output)}


def _replace_outputs(
    graph: onnx.GraphProto, gone: Iterable[str], heads: Iterable[str], kinds: dict[str, onnx.TypeProto]
) -> None:
    """Let the heads stand where the first of the outputs stood that are gone."""
    from onnx import helper

    kept = [value for value in graph.output if value.name not in set(gone)]
    names = {value.name for value in kept}
    for name in heads:
        if name not in names:
            value = helper.make_empty_tensor_value_info(name)
            if name in kinds:
                value.type.CopyFrom(kinds[name])
            value.type.tensor_type.elem_type = _FLOAT
            kept.append(value)
    copies = [type(value).FromString(value.SerializeToString()) for value in kept]
    del graph.output[:]
    graph.output.extend(copies)
