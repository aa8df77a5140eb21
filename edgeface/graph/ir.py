"""The immutable graph: values, nodes, and a graph in topological order with inferred types.

Names link nodes to values. `Graph.build` is the only way to make a graph: it sorts the nodes, drops those that no
output needs, and infers every type, so that every Graph is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.ops.base import Op
from edgeface.graph.types import DTYPES, Array, DType, TensorType


@dataclass(frozen=True, eq=False)
class Value:
    """A named tensor; `data` is set for constants only."""

    name: str
    type: TensorType
    data: Array | None = None


@dataclass(frozen=True)
class Node:
    """An op applied to named values. `origin` names the node of the source model that it comes from."""

    op: Op
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    origin: str = ""

    @property
    def output(self) -> str:
        """The first output; the ops of the face families have no others."""
        return self.outputs[0]

    def __str__(self) -> str:
        """As in `Conv 'stage1.0.0' (stage1_0)`."""
        return f"{type(self.op).__name__} {self.output!r}" + (f" (from {self.origin})" if self.origin else "")


@dataclass(frozen=True, eq=False)
class Graph:
    """A complete model. Made by `Graph.build`; never changed, only rebuilt."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    values: Mapping[str, Value] = field(repr=False)

    @classmethod
    def build(
        cls,
        name: str,
        inputs: Sequence[Value],
        outputs: Sequence[str],
        nodes: Iterable[Node],
        constants: Mapping[str, Array],
    ) -> Graph:
        """A sorted, pruned and typed graph.

        Raises:
            GraphError: a value is produced twice or never, the nodes form a cycle, or an op rejects its inputs.
        """
        ordered = _sort(tuple(nodes), {v.name for v in inputs} | set(constants), outputs)
        values = {v.name: v for v in inputs}
        for node in ordered:
            for needed in node.inputs:
                if needed in constants and needed not in values:
                    values[needed] = constant_value(needed, constants[needed])
            values |= _infer(node, values)
        for output in outputs:
            if output not in values and output in constants:
                values[output] = constant_value(output, constants[output])
        return cls(name, tuple(v.name for v in inputs), tuple(outputs), ordered, values)

    @property
    def constants(self) -> dict[str, Array]:
        """All constant arrays by name."""
        return {name: v.data for name, v in self.values.items() if v.data is not None}

    @cached_property
    def producers(self) -> dict[str, Node]:
        """The node that produces each value."""
        return {output: node for node in self.nodes for output in node.outputs}

    @cached_property
    def consumers(self) -> dict[str, tuple[Node, ...]]:
        """The nodes that read each value; empty for outputs without other readers."""
        readers: dict[str, list[Node]] = {name: [] for name in self.values}
        for node in self.nodes:
            for needed in dict.fromkeys(node.inputs):
                readers[needed].append(node)
        return {name: tuple(found) for name, found in readers.items()}

    @cached_property
    def activations(self) -> tuple[str, ...]:
        """Every non-constant value: inputs first, then in node order."""
        return self.inputs + tuple(output for node in self.nodes for output in node.outputs)

    @cached_property
    def reals(self) -> tuple[str, ...]:
        """The activations in float32, which have ranges; not truth values and indices."""
        return tuple(name for name in self.activations if self.type(name).dtype == "float32")

    def type(self, name: str) -> TensorType:
        """The type of a value."""
        return self.values[name].type

    def constant(self, name: str) -> Array | None:
        """A constant's array, or None where the value is computed."""
        return self.values[name].data

    def only_reader(self, name: str) -> Node | None:
        """The single node that reads a value that is no graph output, else None."""
        readers = self.consumers[name]
        return readers[0] if len(readers) == 1 and name not in self.outputs else None

    def rebuild(
        self,
        nodes: Iterable[Node] | None = None,
        constants: Mapping[str, Array] | None = None,
        outputs: Sequence[str] | None = None,
    ) -> Graph:
        """A new graph with the same inputs and with other nodes, additional constants or other outputs."""
        return Graph.build(
            self.name,
            [self.values[i] for i in self.inputs],
            self.outputs if outputs is None else outputs,
            self.nodes if nodes is None else nodes,
            {**self.constants, **(constants or {})},
        )

    def macs(self) -> int:
        """Multiply–accumulates of one inference."""
        return sum(node_macs(self, node) for node in self.nodes)


def node_macs(graph: Graph, node: Node) -> int:
    """Multiply–accumulates of one node."""
    return node.op.macs([graph.type(i) for i in node.inputs], [graph.type(o) for o in node.outputs])


def constant_value(name: str, data: Array) -> Value:
    """The constant as a Value.

    Raises:
        GraphError: the graph does not support the dtype.
    """
    if data.dtype.name not in DTYPES:
        raise GraphError(f"constant of unsupported dtype {data.dtype}", where=f"tensor {name!r}")
    frozen = np.ascontiguousarray(data).reshape(data.shape)
    frozen.flags.writeable = False
    return Value(name, TensorType(tuple(data.shape), _dtype(data)), frozen)


def _dtype(data: Array) -> DType:
    name: DType = data.dtype.name  # type: ignore[assignment]  # membership was checked
    return name


def _infer(node: Node, values: Mapping[str, Value]) -> dict[str, Value]:
    try:
        types = node.op.infer([values[i].type for i in node.inputs])
    except GraphError as error:
        raise GraphError(error.what, where=error.where or str(node), fix=error.fix) from error
    if len(types) != len(node.outputs):
        raise GraphError(f"the op has {len(types)} outputs, {len(node.outputs)} are named", where=str(node))
    return {name: Value(name, found) for name, found in zip(node.outputs, types, strict=True)}


def _sort(nodes: tuple[Node, ...], given: set[str], outputs: Sequence[str]) -> tuple[Node, ...]:
    """The nodes that the outputs need in topological order; stable, so that equal graphs print the same."""
    producers: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for output in node.outputs:
            if output in producers or output in given:
                raise GraphError("a value is produced twice", where=f"tensor {output!r}, {node}")
            producers[output] = index
    needed = _needed(nodes, producers, given, outputs)
    waiting = {i: {producers[n] for n in nodes[i].inputs if n in producers} for i in needed}
    ordered: list[Node] = []
    done: set[int] = set()
    while waiting:
        ready = [i for i, before in waiting.items() if before <= done]
        if not ready:
            raise GraphError("the nodes form a cycle", where=str(nodes[next(iter(waiting))]))
        for index in ready:
            del waiting[index]
            ordered.append(nodes[index])
        done.update(ready)
    return tuple(ordered)


def _needed(
    nodes: tuple[Node, ...], producers: Mapping[str, int], given: set[str], outputs: Sequence[str]
) -> list[int]:
    found: set[int] = set()
    stack = [(name, "graph output") for name in outputs]
    while stack:
        name, reader = stack.pop()
        if name in given:
            continue
        if name not in producers:
            raise GraphError(f"no node produces the value {name!r}", where=reader)
        index = producers[name]
        if index not in found:
            found.add(index)
            stack.extend((needed, str(nodes[index])) for needed in nodes[index].inputs)
    return sorted(found)
