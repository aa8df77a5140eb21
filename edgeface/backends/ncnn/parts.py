"""Layers of a .param file as networks of their own, which run with weights of zero."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from pathlib import Path

from edgeface.backends.ncnn.blobs import shape_params
from edgeface.backends.ncnn.files import read_network
from edgeface.backends.ncnn.layer import BFLOAT16, MADE, Layer, Parameter
from edgeface.backends.ncnn.sizes import known_sizes
from edgeface.backends.ncnn.write import write_layers
from edgeface.backends.parts import Operation

_FREE = frozenset({"Input", "Split", "MemoryData", "Noop", "Dropout"})
"""Layers that compute nothing: they go with those that read their blobs."""


class NcnnParts:
    """A .param file taken apart.

    Args:
        path: the file; no weights are read.

    Raises:
        InputError: the file is damaged, does not say the size of an input, or has a layer whose result has a size that
            is not known here.
    """

    def __init__(self, path: Path) -> None:
        self._network = read_network(path)
        self._layers = self._network.layers
        self._shapes = known_sizes(self._network, str(path))
        self._makers = {name: layer for layer in self._layers for name in layer.outputs}
        self._readers = {name: layer for layer in self._layers for name in layer.inputs}
        self._listed = [layer for layer in self._layers if layer.kind not in _FREE]
        self.operations = tuple(map(self._operation, self._listed))

    def model(self, chosen: Collection[int]) -> dict[str, bytes]:
        """The file of a network of some layers; its weights are not written."""
        taken = {self._listed[index].name for index in chosen}
        taken |= {layer.name for layer in self._layers if layer.kind == "MemoryData" and self._serves(layer, taken)}
        taken |= {layer.name for layer in self._layers if layer.kind == "Split" and self._serves(layer, taken)}
        layers = [layer for layer in self._layers if layer.name in taken]
        made = {name for layer in layers for name in layer.outputs}
        needed = dict.fromkeys(name for layer in layers for name in layer.inputs if name not in made)
        text, _ = write_layers([*map(self._input, needed), *layers])
        return {".param": text}

    def _serves(self, layer: Layer, taken: set[str]) -> bool:
        """Whether a layer that computes nothing lies between layers that are taken, or makes their constants."""
        maker = self._makers[layer.inputs[0]].name if layer.inputs else layer.name
        readers = {self._readers[name].name for name in layer.outputs if name in self._readers}
        return bool(readers & taken) and (maker in taken or not layer.inputs)

    def _input(self, blob: str) -> Layer:
        params: dict[int, Parameter] = {**shape_params(self._shapes[blob])}
        if self._network.bfloat16:
            params[BFLOAT16] = 1
        return Layer("Input", f"{blob}/input", (), (blob,), params)

    def _operation(self, layer: Layer) -> Operation:
        shapes = tuple(self._shapes[name] for name in (*layer.inputs, *layer.outputs))
        alike: Hashable = (layer.kind, tuple(sorted(layer.params.items())), shapes)
        return Operation(layer.outputs[0].removesuffix(MADE), layer.kind, alike)
