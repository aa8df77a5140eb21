"""The record of own biases in a file, and whether it is that of the file's layers.

Other tools reorder, rename, merge and remove layers, and keep the metadata. So a mark belongs to the name of a layer's
weights, and a record that does not name exactly the file's layers is not used. Records of old artifacts only list marks
in the file's order: they are used where the layers have only one order, or where the names that edgeface gives to
folded weights confirm every mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from edgeface.cost.network import Layer, Network
from edgeface.cost.work import Convolution, Dense

OWN_BIASES = "edgeface.own_biases"
"""Metadata key of edgeface's artifacts: `FORMAT`, then for each convolution and fully connected layer the digest of its
weights' name and a mark: 1 if the network was defined with a bias, 0 if without, x if the layer replaces another kind
of op."""

FORMAT = "2"
ADDED = "x"
"""Mark of a convolution that a target uses to compute another op, such as average pooling."""

MARKS = frozenset({"0", "1", ADDED})
_DIGEST_CHARACTERS = 10
_QUANTIZED = "_quantized"
_FOLDED, _POOLING = "weight", "mean"
"""Last parts of the names that edgeface gives to weights with batch norm folded in, and to those of average pooling."""


@dataclass(frozen=True)
class Recorded:
    """What a file's record says. `marks` has one for every layer, "" for those without; None without a usable record.

    `problem` says why a record that is in the file is not used; "" if it is, or if there is none.
    """

    marks: tuple[str, ...] | None = None
    problem: str = ""


def digest(name: str) -> str:
    """The key of a layer in a record: the beginning of its weights' name's SHA-256, in hexadecimal."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]


def read_record(network: Network) -> Recorded:
    """The record in a network's metadata, if it is that of its layers."""
    text = network.metadata.get(OWN_BIASES, "")
    if not text:
        return Recorded()
    marked = [layer for layer in network.layers if isinstance(layer.work, Convolution | Dense)]
    first, *entries = text.split()
    by_name = bool(entries) and first == FORMAT
    marks = _by_name(entries, network, marked) if by_name else _by_position(text, network, marked)
    if marks is None:
        return Recorded(
            problem="it does not name this file's layers, which another tool has renamed, merged or reordered"
        )
    if any(mark == ADDED and not _averages(layer) for layer, mark in zip(marked, marks, strict=True)):
        return Recorded(problem="it takes layers for average pooling whose weights differ")
    found = iter(marks)
    counted = (isinstance(layer.work, Convolution | Dense) for layer in network.layers)
    return Recorded(tuple(next(found) if has else "" for has in counted))


def _by_name(entries: list[str], network: Network, marked: list[Layer]) -> list[str] | None:
    """The mark of each layer, by the names of their weights, each of which the record must contain, and no others."""
    known = {entry[:-1]: entry[-1] for entry in entries if entry[-1] in MARKS}
    if len(known) != len(entries):
        return None
    keys = [_key(network, layer, known) for layer in marked]
    weights = {_weights_of(network, layer) for layer in marked}
    if "" in keys or set(keys) != set(known) or len(weights) != len(known):
        return None
    return [known[key] for key in keys]


def _by_position(text: str, network: Network, marked: list[Layer]) -> list[str] | None:
    """The marks of an old record, if no other order of the layers is possible, or their weights' names confirm them."""
    if len(text) != len(marked) or set(text) - MARKS:
        return None
    if _is_chain(network):
        return list(text)
    for layer, mark in zip(marked, text, strict=True):
        parts = _weights_of(network, layer).removesuffix(_QUANTIZED).split("/")[1:]
        said = "0" if _FOLDED in parts else ADDED if _POOLING in parts else "1"
        unbiased = isinstance(layer.work, Convolution | Dense) and layer.work.bias == "none"
        if said != mark and not (unbiased and ADDED not in {said, mark}):  # without a bias, 0 and 1 count the same
            return None
    return list(text)


def _is_chain(network: Network) -> bool:
    """Whether each counted layer needs the one before it, so that every order of execution has them in this order."""
    latest: dict[str, int] = {}  # the last counted layer that each tensor comes from
    found = -1
    for layer in network.layers:
        before = max((latest.get(name, -1) for name in layer.inputs), default=-1)
        if isinstance(layer.work, Convolution | Dense):
            if before != found:
                return False
            found = before = found + 1
        latest |= dict.fromkeys(layer.outputs, before)
    return True


def _key(network: Network, layer: Layer, known: dict[str, str]) -> str:
    """The digest under which a record knows a layer; "" if it does not."""
    return next((key for key in map(digest, _spellings(_weights_of(network, layer))) if key in known), "")


def _weights_of(network: Network, layer: Layer) -> str:
    """The name of the largest constant that a layer reads; "" without any."""
    return max(layer.weights, key=lambda name: network.tensors[name].count, default="")


def _spellings(name: str) -> Iterator[str]:
    """A stored constant's name, then without the parts that backends add for its type and order."""
    yield name
    yield name.removesuffix(_QUANTIZED)
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def _averages(layer: Layer) -> bool:
    """Whether a convolution computes means over windows: in each channel on its own, and with equal weights."""
    work = layer.work
    alone = isinstance(work, Convolution) and work.groups == work.in_channels == work.out_channels
    return alone and layer.level and isinstance(work, Convolution) and work.bias == "none"
