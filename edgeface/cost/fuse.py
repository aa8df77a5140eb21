"""Fuse layers that share the memory of their inputs, as a runtime does.

Batch norm, activations, conversions and views overwrite their input if it has no other readers. A tensor that also
exists in fewer bits, as between quantize and dequantize, is kept in these.
"""

from __future__ import annotations

from dataclasses import replace

from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.wiring import Wiring, role_of

_IN_PLACE = {"batch_norm", "activation", "quantize", "softmax", "elementwise"}


def fused(network: Network) -> Network:
    """The network without layers that overwrite their input."""
    wiring = Wiring(network)
    home: dict[str, str] = {}
    tensors: dict[str, Tensor] = dict(network.tensors)
    for layer in network.layers:
        if _shares(wiring, layer):
            made, source = layer.outputs[0], layer.inputs[0]
            root = home[made] = home.get(source, source)
            if tensors[made].size_bytes < tensors[root].size_bytes:
                tensors[root] = replace(tensors[made], name=root)
    layers = tuple(
        replace(layer, inputs=tuple(dict.fromkeys(home.get(name, name) for name in layer.inputs)))
        for layer in network.layers
        if layer.outputs[0] not in home
    )
    outputs = tuple(dict.fromkeys(home.get(name, name) for name in network.outputs))
    return replace(network, layers=layers, outputs=outputs, tensors=tensors)


def _shares(wiring: Wiring, layer: Layer) -> bool:
    """Whether a layer's result overwrites its input."""
    role, network = role_of(layer), wiring.network
    if len(layer.inputs) != 1 or len(layer.outputs) != 1:
        return False
    source = layer.inputs[0]
    if role == "view":
        return True
    alone = len(wiring.readers[source]) == 1 and source not in network.outputs and source not in network.inputs
    return alone and role in _IN_PLACE and network.tensors[source].count == network.tensors[layer.outputs[0]].count


def traffic_bytes(network: Network) -> int:
    """Bytes of weights, and of the inputs and outputs of every layer after fusion, for one inference."""
    tensors = fused(network)
    moved = sum(
        tensors.tensors[name].size_bytes for layer in tensors.layers for name in (*layer.inputs, *layer.outputs)
    )
    weights = {name for layer in network.layers for name in (*layer.weights, *layer.statistics)}
    return moved + sum(network.tensors[name].size_bytes for name in weights)
