"""Determine which biases belong to the network, and which come from folded batch norm.

The challenge counts the network before folding, and a bias costs one addition per output. A file in which batch norm is
folded does not say which of its biases belong to the network. The evidence, best first: a record that edgeface writes
into its artifacts; batch norms that still follow the convolutions; the names that PyTorch's exporters keep for
parameters and drop for folded ones; and the structure of face networks, in which batch norm follows every convolution
except those in detection heads and squeeze-and-excitation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from edgeface.cost.network import Layer, Network
from edgeface.cost.recorded import ADDED, read_record
from edgeface.cost.wiring import Wiring, role_of
from edgeface.cost.work import Convolution, Dense, Uncounted

NameSays = Literal["own", "folded", "unknown"]
Evidence = Literal["not folded", "recorded", "names", "structure"]

_QUANTIZED = "_quantized"
"""Suffix that ONNX Runtime's quantization adds to the names of constants that it replaces."""

_PASSED = {"view", "permute", "quantize", "activation", "softmax", "join", "split", "elementwise", "pad", "other"}


@dataclass(frozen=True)
class Unfolded:
    """The network with the origin of every bias determined. `folded` counts the layers with batch norm's bias.

    `doubtful_flops` is how much the count would grow if the last fully connected layer's bias, whose origin the file
    does not determine, were of the other origin. `unused_record` says why a record in the file is not used, or is "".
    """

    network: Network
    evidence: Evidence
    folded: int
    doubtful_flops: int = 0
    unused_record: str = ""


def unfold(network: Network) -> Unfolded:
    """The network with the origin of every bias determined."""
    record = read_record(network)
    if record.marks is None:
        return replace(_by_evidence(network), unused_record=record.problem)
    defined = replace(network, layers=tuple(map(_as_defined, network.layers, record.marks)))
    folded = {id(n) for n, mark in zip(network.layers, record.marks, strict=True) if mark == "0" and _biased(n)}
    return _settled(defined, folded, "recorded")


def _by_evidence(network: Network) -> Unfolded:
    biased = [layer for layer in network.layers if _biased(layer)]
    wiring = Wiring(network)
    if not biased or any(_normed(wiring, layer) for layer in network.layers if isinstance(layer.work, Convolution)):
        return Unfolded(network, "not folded", 0)
    names = {id(layer): _by_name(layer) for layer in biased}
    distinct = "folded" in names.values() or len(set(names.values())) == 2
    folded = {id(layer) for layer in biased if _is_folded(wiring, layer, names[id(layer)], distinct)}
    if not folded:
        return Unfolded(network, "not folded", 0)
    unsure = [layer for layer in biased if id(layer) not in folded and names[id(layer)] == "unknown"]
    return _settled(network, folded, "names" if distinct else "structure", _doubt(wiring, unsure))


def _is_folded(wiring: Wiring, layer: Layer, name: NameSays, distinct: bool) -> bool:
    """Whether a bias is from batch norm. `distinct`: names differ, so an uninformative one was not kept."""
    if distinct and name != "unknown":
        return name == "folded"
    if isinstance(layer.work, Dense):
        return False
    return distinct or not _own_by_structure(wiring, layer)


def _biased(layer: Layer) -> bool:
    return isinstance(layer.work, Convolution | Dense) and layer.work.bias == "own"


def _as_defined(layer: Layer, mark: str) -> Layer:
    """A layer that replaces an op without counted work, as that op."""
    return replace(layer, work=Uncounted("pool"), weights=()) if mark == ADDED else layer


def _settled(network: Network, folded: set[int], evidence: Evidence, doubt: int = 0) -> Unfolded:
    layers = tuple(
        replace(layer, work=layer.work.as_if("folded"))
        if isinstance(layer.work, Convolution | Dense) and id(layer) in folded
        else layer
        for layer in network.layers
    )
    return Unfolded(replace(network, layers=layers), evidence, len(folded), doubt)


def _normed(wiring: Wiring, layer: Layer) -> bool:
    """Whether batch norm still follows the layer."""
    return any(role_of(reader) == "batch_norm" for reader in _after_views(wiring, layer))


def _after_views(wiring: Wiring, layer: Layer) -> Iterator[Layer]:
    for reader in wiring.after(layer):
        if role_of(reader) in {"view", "quantize"}:
            yield from _after_views(wiring, reader)
        else:
            yield reader


def _by_name(layer: Layer) -> NameSays:
    """The evidence of names: `x.weight` and `x.bias` belong to one module; exporters name folded biases differently."""
    if len(layer.weights) != 2:
        return "unknown"
    weight, bias = (name.removesuffix(_QUANTIZED) for name in layer.weights)
    if bias == f"{weight}_bias" or bias.startswith("onnx::Conv_"):
        return "folded"
    own = any(weight.endswith(f"{mark}weight") for mark in "._") and bias == weight.removesuffix("weight") + "bias"
    return "own" if own else "unknown"


def _own_by_structure(wiring: Wiring, layer: Layer) -> bool:
    return _squeezes(wiring, layer) or (_is_head(wiring, layer) and not is_embedder(wiring.network))


def _squeezes(wiring: Wiring, layer: Layer) -> bool:
    """Whether the layer works on a globally pooled vector."""
    waiting, visited = [layer], set()
    while waiting:
        current = waiting.pop()
        for maker in wiring.before(current):
            if role_of(maker) == "global_pool":
                return True
            work = maker.work
            one_pixel = isinstance(work, Convolution | Dense) and work.outputs == work.width
            if id(maker) not in visited and (
                one_pixel or role_of(maker) in {"view", "quantize", "activation", "permute"}
            ):
                visited.add(id(maker))
                waiting.append(maker)
    return False


def _is_head(wiring: Wiring, layer: Layer) -> bool:
    """Whether the graph's outputs are computed from this layer's result without further weights."""
    waiting, visited = [layer], set()
    while waiting:
        for reader in wiring.after(waiting.pop()):
            if role_of(reader) not in _PASSED:
                return False
            if id(reader) not in visited:
                visited.add(id(reader))
                waiting.append(reader)
    return True


def is_embedder(network: Network) -> bool:
    """Whether the network outputs a single vector."""
    return embedding_width(network) is not None


def embedding_width(network: Network) -> int | None:
    """Dimension of a recognizer's output vector; None for networks with several outputs or with maps."""
    if len(network.outputs) != 1 or network.outputs[0] not in network.tensors:
        return None
    shape = network.tensors[network.outputs[0]].shape
    width = math.prod(shape)
    return width if width > 1 and width in shape else None


def _doubt(wiring: Wiring, biased: list[Layer]) -> int:
    """Additions saved in the last fully connected layer of an embedder if its bias is from batch norm."""
    last = (layer.work for layer in biased if _is_head(wiring, layer))
    return sum(work.outputs for work in last if isinstance(work, Dense)) if is_embedder(wiring.network) else 0
