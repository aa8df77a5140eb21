"""Producers and readers of the tensors of a Network."""

from __future__ import annotations

from functools import cached_property

from edgeface.cost.network import Layer, Network
from edgeface.cost.work import Uncounted


class Wiring:
    """The producers and readers of computed tensors."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @cached_property
    def producers(self) -> dict[str, Layer]:
        """The layer that produces each tensor."""
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
        """The layers that read a layer's outputs."""
        return tuple(reader for name in layer.outputs for reader in self.readers.get(name, ()))

    def before(self, layer: Layer) -> tuple[Layer, ...]:
        """The layers that produce a layer's inputs."""
        return tuple(self.producers[name] for name in layer.inputs if name in self.producers)


def role_of(layer: Layer) -> str:
    """The role of a layer without counted work; "work" for other layers."""
    return layer.work.role if isinstance(layer.work, Uncounted) else "work"
