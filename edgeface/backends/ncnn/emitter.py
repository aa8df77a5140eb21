"""What lowerings write layers with: blobs for values, in the shapes that a layer wants."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from edgeface.backends.ncnn.activations import Activation
from edgeface.backends.ncnn.blobs import blob_name, blob_shape, shape_params
from edgeface.backends.ncnn.integers import IntegerForm
from edgeface.backends.ncnn.layer import Layer, Parameter, Weight
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.types import Array

Params = Mapping[int, Parameter]


class Emitter:
    """Layers of a graph in the making.

    Attributes:
        graph: the legalized graph.
        layers: those written so far, in order.
        fused: by the output of a node, the activation that its layer applies, and the value that it then makes.
        integers: by the output of a node that is computed in int8, what its layer has instead of a float one's.
    """

    def __init__(
        self, graph: Graph, fused: Mapping[str, Activation], integers: Mapping[str, IntegerForm] | None = None
    ) -> None:
        self.graph = graph
        self.integers = integers or {}
        self.layers: list[Layer] = []
        self.fused = fused
        self._shaped: dict[tuple[str, tuple[int, ...]], str] = {}
        self._names = {blob_name(value) for value in graph.values}

    def shape(self, value: str) -> tuple[int, ...]:
        """The shape of a value's blob."""
        return blob_shape(self.graph.type(value).shape)

    def read(self, value: str, shape: Sequence[int] | None = None) -> str:
        """The blob that holds a value in a shape, by default its own; constants become a layer of their own."""
        wanted = self.shape(value) if shape is None else tuple(shape)
        found = self._shaped.get((value, wanted))
        if found is not None:
            return found
        data = self.graph.constant(value)
        if data is not None:
            made = self._constant(value, data, wanted)
        elif wanted == self.shape(value):
            made = blob_name(value)
        else:
            made = self.reshape(blob_name(value), wanted)
        self._shaped[value, wanted] = made
        return made

    def constant(self, node: Node, index: int, what: str) -> Array:
        """The constant input of a node.

        Raises:
            GraphError: it is computed.
        """
        data = self.graph.constant(node.inputs[index])
        if data is None:
            raise GraphError(
                f"ncnn's {type(node.op).__name__} needs a constant {what}",
                where=str(node),
                fix="export the network with the weights in it",
            )
        return data

    def add(
        self, kind: str, reads: Sequence[str], made: str, params: Params | None = None, weights: Sequence[Weight] = ()
    ) -> str:
        """Write a layer that makes one blob, and return that."""
        self.layers.append(Layer(kind, made, tuple(reads), (made,), params or {}, tuple(weights)))
        return made

    def step(self, kind: str, reads: Sequence[str], params: Params | None = None) -> str:
        """Write a layer that makes a blob between those of the graph's values."""
        return self.add(kind, reads, self._unused(f"{reads[0]}/{kind.lower()}"), params)

    def reshape(self, blob: str, shape: Sequence[int]) -> str:
        """A blob with its numbers in another shape."""
        return self.step("Reshape", (blob,), shape_params(shape))

    def result_in_shape(self, node: Node, blob: str) -> None:
        """A node's value is a blob's numbers: a Reshape, which costs nothing where the shape is the same."""
        self.result(node, "Reshape", (blob,), shape_params(self.shape(node.output)))

    def result(
        self,
        node: Node,
        kind: str,
        reads: Sequence[str],
        params: Params | None = None,
        weights: Sequence[Weight] = (),
        shape: Sequence[int] | None = None,
    ) -> None:
        """Write the layer that makes a node's value, and its fused activation if that is one more layer.

        `shape` is that of the blob that the layer makes, by default the value's.
        """
        value = node.output
        made = blob_name(value)
        chain: list[tuple[str, Params, Sequence[Weight]]] = [(kind, params or {}, weights)]
        activation = self.fused.get(value)
        if activation is not None and activation.in_layer:
            made = blob_name(activation.makes)
        elif activation is not None:
            chain.append((activation.kind, activation.params, ()))
        if shape is not None and tuple(shape) != self.shape(value):
            chain.append(("Reshape", shape_params(self.shape(value)), ()))
        blobs = tuple(reads)
        for index, (each, settings, numbers) in enumerate(chain):
            last = index == len(chain) - 1
            blobs = (
                self.add(each, blobs, made if last else self._unused(f"{made}/{each.lower()}"), settings, numbers),
            )

    def _unused(self, name: str) -> str:
        """The name, or with a number if it is taken: for blobs that are no values of the graph."""
        numbered = (name if count == 0 else f"{name}_{count}" for count in itertools.count())
        found = next(each for each in numbered if each not in self._names)
        self._names.add(found)
        return found

    def _constant(self, value: str, data: Array, shape: tuple[int, ...]) -> str:
        sizes = "x".join(map(str, shape))
        name = blob_name(value) if shape == self.shape(value) else self._unused(f"{blob_name(value)}/{sizes}")
        return self.add("MemoryData", (), name, shape_params(shape), (Weight(data.astype(np.float32)),))


Lowered: TypeAlias = Callable[[Emitter, Node], None]
"""A lowering: it writes the layers of a node."""
