"""Predicted time of a graph under a runtime, node by node, by a table of prices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from edgeface.cost.prices.table import PriceTable
from edgeface.cost.prices.work import Work, work_of
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.quantize.plan import FLOATS, Precision

DtypeOf = Callable[[str], Precision]
"""The dtype in which a value is computed, e.g. `QuantPlan.dtype`."""
Arithmetic = Literal["float32", "int8"]


@dataclass(frozen=True)
class Predicted:
    """Microseconds of one inference: by node, named by its first output, and of conversions by value."""

    nodes: Mapping[str, float]
    conversions: Mapping[str, float]

    @property
    def total_us(self) -> float:
        """All of it."""
        return sum(self.nodes.values()) + sum(self.conversions.values())


def predict_us(graph: Graph, dtype_of: DtypeOf, table: PriceTable, float_interface: bool = True) -> float:
    """Microseconds of one inference with one thread; see `predict`."""
    return predict(graph, dtype_of, table, float_interface).total_us


def predict(graph: Graph, dtype_of: DtypeOf, table: PriceTable, float_interface: bool = True) -> Predicted:
    """The predicted time of a graph.

    Args:
        graph: legalized for the target. A node is computed in the dtype of its first output.
        dtype_of: dtypes of its values.
        table: prices.
        float_interface: whether the model's inputs and outputs are float whatever the values inside are.

    Raises:
        GraphError: a dtype without prices.
    """
    nodes = {node.output: node_us(graph, node, arithmetic(dtype_of, node.output), table) for node in graph.nodes}
    conversions = {
        name: conversion_us(graph.type(name).count, made, table)
        for name, made in _converted(graph, dtype_of, float_interface)
    }
    return Predicted(nodes, conversions)


def node_us(graph: Graph, node: Node, dtype: Arithmetic, table: PriceTable) -> float:
    """Microseconds of one node in an arithmetic, without conversions."""
    if graph.type(node.output).dtype != "float32":
        return 0.0  # shapes and indices
    work = work_of(graph, node, table.tiles[dtype].tile)
    return 0.0 if work is None else table.prices[dtype][work.kind].of(work)


def conversion_us(elements: int, made: Arithmetic, table: PriceTable) -> float:
    """Microseconds to convert a tensor of so many elements to an arithmetic from the other one."""
    kind = "quantize" if made == "int8" else "dequantize"
    return table.prices[made][kind].of(Work(kind, elements=elements))


def arithmetic(dtype_of: DtypeOf, name: str) -> Arithmetic:
    """The arithmetic of a value: float16 is computed in float32, uint8 as int8.

    Raises:
        GraphError: another dtype.
    """
    dtype = dtype_of(name)
    if dtype in FLOATS:
        return "float32"
    if dtype in {"int8", "uint8"}:
        return "int8"
    raise GraphError(f"there are no prices for values in {dtype}", where=f"tensor {name!r}")


def _converted(graph: Graph, dtype_of: DtypeOf, float_interface: bool) -> Iterator[tuple[str, Arithmetic]]:
    """Values that exist in both arithmetics, each with the one that is made by conversion."""
    for name in graph.reals:
        own = arithmetic(dtype_of, name)
        wanted = {arithmetic(dtype_of, reader.output) for reader in graph.consumers[name]}
        if float_interface and name in graph.inputs and own == "int8":
            yield name, "int8"
        if float_interface and name in graph.outputs:
            wanted.add("float32")
        for other in sorted(wanted - {own}):
            yield name, "float32" if other == "float32" else "int8"
