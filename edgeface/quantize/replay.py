"""Run images through the float and the quantized network side by side, one node at a time.

Integers are represented by the real numbers for which they stand: a value of the quantized network is computed in float
from its quantized inputs and constants, then rounded to its grid. Integer kernels may differ from that by a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.types import Array
from edgeface.quantize.examples import Examples
from edgeface.quantize.plan import QParams, QuantPlan


def fake_quantized(params: QParams, data: Array) -> Array:
    """Float32 data rounded to the grid of per-tensor parameters, and saturated."""
    scale = params.scale[0]
    steps = np.rint(data * np.float32(1 / scale))
    np.clip(steps, params.low - params.zero_point, params.high - params.zero_point, out=steps)
    steps *= np.float32(scale)
    found: Array = steps
    return found


def peak_bytes(graph: Graph, plan: QuantPlan) -> int:
    """Maximum size in float32 of one image's values in both networks at any node, each until its last reader.

    Values before the first rounding are the same in both, and held once.

    Args:
        graph: the float network.
        plan: of the quantized one.
    """
    same: set[str] = set()
    size: dict[str, int] = {}
    last = {name: index for index, node in enumerate(graph.nodes) for name in node.inputs}
    live, peak = set(graph.inputs), 0
    for name in graph.inputs:
        _weigh(graph, plan, name, (), same, size)
    for index, node in enumerate(graph.nodes):
        _weigh(graph, plan, node.output, node.inputs, same, size)
        live.add(node.output)
        peak = max(peak, sum(size[name] for name in live))
        live = {name for name in live if last.get(name, -1) > index}
    return peak


def _weigh(
    graph: Graph, plan: QuantPlan, name: str, reads: Sequence[str], same: set[str], size: dict[str, int]
) -> None:
    """Note a value's bytes, and whether both networks have the same."""
    in_float = name not in plan.params or name in plan.kept_float
    if in_float and all(read in same or graph.constant(read) is not None for read in reads):
        same.add(name)
    size[name] = 4 * graph.type(name).count * (1 if name in same else 2)


class Replay:
    """The values of both networks for some images, as far as nodes have been run and later ones read them.

    Args:
        graph: the float network.
        plan: of the quantized one.
        examples: the images.
        wanted: how many of them, if so many fit into memory.
    """

    def __init__(self, graph: Graph, plan: QuantPlan, examples: Examples, wanted: int) -> None:
        self.graph, self.plan, self._open = graph, plan, examples.open
        feeds = list(examples.take(examples.fitting(peak_bytes(graph, plan), wanted)))
        self.count = len(feeds)
        self.exact: dict[str, list[Array]] = {name: [feed[name] for feed in feeds] for name in graph.inputs}
        self.rounded: dict[str, list[Array]] = {name: self._stored(name, self.exact[name]) for name in graph.inputs}
        self._waiting = {name: len(graph.consumers[name]) for name in graph.activations}

    def in_integers(self, node: Node) -> bool:
        """Whether the quantized network computes a node in integers."""
        return node.output in self.plan.params and node.output not in self.plan.kept_float

    def read(self, node: Node, name: str) -> list[Array]:
        """A value as the quantized network's node reads it: an integer node quantizes what was computed in float."""
        values = self.rounded[name]
        if name in self.plan.kept_float and self.in_integers(node):
            return [fake_quantized(self.plan.params[name], data) for data in values]
        return values

    def evaluate(
        self, node: Node, constants: Mapping[str, Array], inputs: Mapping[str, Sequence[Array]]
    ) -> list[Array]:
        """The output of one node for every image.

        Args:
            node: with one output.
            constants: its constant inputs.
            inputs: its other inputs for every image.
        """
        given = [Value(name, self.graph.type(name)) for name in inputs]
        run = self._open(Graph.build("node", given, node.outputs, [node], constants))
        return [run({name: data[image] for name, data in inputs.items()})[node.output] for image in range(self.count)]

    def advance(self, node: Node, constants: Mapping[str, Array]) -> None:
        """Run a node in both networks, and free the values that no later node reads.

        Args:
            node: the next one in the graph's order.
            constants: its constants in the quantized network.
        """
        names = [name for name in dict.fromkeys(node.inputs) if self.graph.constant(name) is None]
        exact = self.evaluate(node, self.constants(node), {name: self.exact[name] for name in names})
        same = not self.in_integers(node) and all(self.rounded[name] is self.exact[name] for name in names)
        read = {name: self.read(node, name) for name in names}
        made = exact if same else self.evaluate(node, self.on_grid(node, constants), read)
        self.exact[node.output], self.rounded[node.output] = exact, self._stored(node.output, made)
        for name in names:
            self._waiting[name] -= 1
        for name in (*names, node.output):
            if self._waiting[name] == 0:
                del self.exact[name], self.rounded[name]

    def constants(self, node: Node) -> dict[str, Array]:
        """A node's constants in the float network."""
        found = {name: self.graph.constant(name) for name in node.inputs}
        return {name: data for name, data in found.items() if data is not None}

    def _stored(self, name: str, values: list[Array]) -> list[Array]:
        """A value of the quantized network as later nodes find it: on its grid, unless it is kept in float."""
        if name not in self.plan.params or name in self.plan.kept_float:
            return values
        return [fake_quantized(self.plan.params[name], data) for data in values]

    def on_grid(self, node: Node, constants: Mapping[str, Array]) -> dict[str, Array]:
        """Constants as the quantized network holds them: rounded to the nearest step where an integer node reads."""
        if not self.in_integers(node):
            return dict(constants)
        params = self.plan.params
        return {
            name: params[name].dequantize(params[name].quantize(data)) if name in params else data
            for name, data in constants.items()
        }
