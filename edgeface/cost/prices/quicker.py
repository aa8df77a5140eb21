"""The nodes of an integer network that are better computed in float, by tables of prices.

Chosen is what has the least mean predicted time over the tables, relative to each table's own total, plus what the
larger weights add to the model, relative to its size: one percent of size is worth one percent of time. Prices of nodes
and conversions make this the minimum cut of a network, found exactly (as for pseudo-Boolean functions in Kolmogorov
and Zabih 2004).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeface.cost.prices.minimum_cut import SINK, SOURCE, Cut
from edgeface.cost.prices.predict import Arithmetic, conversion_us, node_us, predict_us
from edgeface.cost.prices.table import PriceTable
from edgeface.graph.ir import Graph, Node

DOUBT = 1.1
"""Tables are off by up to a tenth, so float has to be quicker by more than that."""
MAX_LOSS = 0.01
"""No table may lose more than this share of its time."""
_UNITS, _FORBIDDEN = 10**12, 10**18


def quicker_in_float(
    graph: Graph, fixed: Mapping[str, Arithmetic], tables: Sequence[PriceTable], float_interface: bool
) -> frozenset[str]:
    """The outputs of nodes that are better computed in float, beyond those that are fixed in float.

    Args:
        graph: legalized for the target.
        fixed: arithmetic of nodes that is decided already, by output.
        tables: prices; with several, the choice has to suit them all.
        float_interface: whether the model's inputs and outputs are float.

    Returns:
        Nothing if a table would lose more than `MAX_LOSS` of its time, or all of them gain nothing.
    """
    choice = _Choice(graph, fixed, tables, float_interface)
    chosen = frozenset(choice.chosen())
    if not chosen or any(choice.predicted(table, chosen) > (1 + MAX_LOSS) * choice.before(table) for table in tables):
        return frozenset()
    return chosen


class _Choice:
    def __init__(
        self, graph: Graph, fixed: Mapping[str, Arithmetic], tables: Sequence[PriceTable], float_interface: bool
    ) -> None:
        self.graph, self.fixed, self.tables, self.float_interface = graph, fixed, tables, float_interface
        self.nodes = {node.output: node for node in graph.nodes if graph.type(node.output).dtype == "float32"}
        self.totals = [self.before(table) for table in tables]
        self.weights = sum(self._weights(node) for node in graph.nodes)

    def before(self, table: PriceTable) -> float:
        """Microseconds with only what is fixed in float."""
        return self.predicted(table, frozenset())

    def predicted(self, table: PriceTable, chosen: frozenset[str]) -> float:
        """Microseconds with some nodes in float too."""
        in_float = {name for name, dtype in self.fixed.items() if dtype == "float32"} | chosen
        for name in self.graph.inputs:
            readers = self.graph.consumers[name]
            if self.float_interface and all(reader.output in in_float for reader in readers):
                in_float.add(name)

        def dtype_of(name: str) -> Arithmetic:
            return "float32" if name in in_float else "int8"

        return predict_us(self.graph, dtype_of, table, self.float_interface)

    def chosen(self) -> list[str]:
        """The free nodes on the float side of the minimum cut, in graph order."""
        cut = Cut()
        for name, node in self.nodes.items():
            self._add_node(cut, name, node)
            self._add_conversions(cut, name, [reader.output for reader in self.graph.consumers[name]])
        for name in self.graph.inputs:
            if self.graph.type(name).dtype == "float32":
                self._add_input(cut, name)
        side = cut.source_side()
        return [name for name in self.nodes if name in side and name not in self.fixed]

    def _add_node(self, cut: Cut, name: str, node: Node) -> None:
        decided = self.fixed.get(name)
        in_float, in_int8 = (self._cost([node_us(self.graph, node, d, t) for t in self.tables]) for d in _ARITHMETICS)
        in_float = round(in_float * DOUBT) + round(_UNITS * 3 * self._weights(node) / max(self.weights, 1))
        cut.edge(name, SINK, _FORBIDDEN if decided == "int8" else in_float)
        cut.edge(SOURCE, name, _FORBIDDEN if decided == "float32" else in_int8)

    def _add_conversions(self, cut: Cut, name: str, readers: Sequence[str]) -> None:
        """A value is converted once to each arithmetic that it is not made in, however many nodes read it."""
        to_float, to_int8 = self._conversion(name, "float32"), self._conversion(name, "int8")
        cut.edge(("float", name), name, to_float)
        cut.edge(name, ("int8", name), to_int8)
        for reader in readers:
            if reader in self.nodes:
                cut.edge(reader, ("float", name), _FORBIDDEN)
                cut.edge(("int8", name), reader, _FORBIDDEN)
        if name in self.graph.outputs and self.float_interface:
            cut.edge(SOURCE, ("float", name), _FORBIDDEN)
        elif name in self.graph.outputs:
            cut.edge(("int8", name), SINK, _FORBIDDEN)

    def _add_input(self, cut: Cut, name: str) -> None:
        """An input stays float only if all its readers are."""
        cut.edge(SOURCE, name, self._conversion(name, "int8") if self.float_interface else 0)
        if not self.float_interface:
            cut.edge(name, SINK, _FORBIDDEN)
        readers = [reader.output for reader in self.graph.consumers[name] if reader.output in self.nodes]
        for reader in readers:
            cut.edge(name, reader, _FORBIDDEN)
            cut.edge(reader, ("float", name), _FORBIDDEN)
        cut.edge(("float", name), name, self._conversion(name, "float32"))

    def _conversion(self, name: str, made: Arithmetic) -> int:
        count = self.graph.type(name).count
        return self._cost([conversion_us(count, made, table) for table in self.tables])

    def _cost(self, prices: Sequence[float]) -> int:
        """The mean share of each table's total, in units of the cut."""
        shares = [price / total for price, total in zip(prices, self.totals, strict=True)]
        return round(_UNITS * sum(shares) / len(shares))

    def _weights(self, node: Node) -> int:
        return sum(self.graph.type(i).count for i in node.inputs if self.graph.constant(i) is not None)


_ARITHMETICS: tuple[Arithmetic, ...] = ("float32", "int8")
