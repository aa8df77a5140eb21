"""Who makes and who reads each tensor of a Network."""

from __future__ import annotations

from functools import cached_property

from edgeface.cost.network import Layer, Network
from edgeface.cost.work import Uncounted


class Wiring:
    """Producers and readers of computed tensors."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @cached_property
    def producers(self) -> dict[str, Layer]:
        """The layer that makes each tensor."""
        return {name: layer for layer in self.network.layers for name in layer.outputs}

    @cached_property
    def readers(self) -> dict[str, tuple[Layer, ...]]:
        """The layers that read each tensor."""
        found: dict[str, list[Layer]] = {}
        for layer in self.network.layers:
            for name in layer.inputs:
                found.setdefault(name, []).append(layer)
        return {name: tuple(layers) for name, layers in found.items()}

    def after(self, layer: Layer) -> tuple[Layer, ...]:
        """The layers that read what a layer makes."""
        return tuple(reader for name in layer.outputs for reader in self.readers.get(name, ()))

    def before(self, layer: Layer) -> tuple[Layer, ...]:
        """The layers that make what a layer reads."""
        return tuple(self.producers[name] for name in layer.inputs if name in self.producers)


def role_of(layer: Layer) -> str:
    """The role of a layer without counted work; "work" for one with."""
    return layer.work.role if isinstance(layer.work, Uncounted) else "work"
