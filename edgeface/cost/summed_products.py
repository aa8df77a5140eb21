"""Multiplications by trained numbers that are summed afterwards: convolutions and matrix products in other words.

The challenge counts convolutions and fully connected layers only, so that `Mul` and `ReduceSum`, or a tree of `Mul` and
`Add`, count nothing, though they compute the same. A budget's reader must know how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeface.cost.network import Layer, Network
from edgeface.cost.wiring import Wiring, role_of
from edgeface.cost.work import Convolution, Deconvolution, Dense

_PRODUCTS = frozenset({"Mul", "Div", "MUL", "DIV", "STABLEHLO_MULTIPLY", "STABLEHLO_DIVIDE"})
_SUMS = frozenset({"Add", "Sub", "Sum", "Mean", "ADD", "SUB", "ADD_N", "STABLEHLO_ADD", "STABLEHLO_SUBTRACT"})
_REDUCTIONS = frozenset(
    (
        *("ReduceSum", "ReduceMean", "ReduceL1", "ReduceL2", "ReduceSumSquare", "CumSum", "SUM", "MEAN", "CUMSUM"),
        *("AveragePool", "GlobalAveragePool", "LpPool", "GlobalLpPool", "AVERAGE_POOL_2D", "L2_POOL_2D"),
    )
)
_SUMMING = _SUMS | _REDUCTIONS
_PASSED = frozenset({"view", "permute", "quantize", "pad", "split", "join"})
_SAME_NUMBERS = frozenset({"view", "permute", "quantize"})
_FEWEST_SUMMANDS = 3
"""Sums of two products are also activations with slopes and blends of two branches."""
_MOST_OPEN = 256


@dataclass
class _Terms:
    """The products of which a tensor is a sum: the layers, as long as it is not decided whether they count."""

    open: dict[int, Layer] = field(default_factory=dict)
    decided: bool = False


def summed_products(network: Network) -> int:
    """Multiplications by constants of several numbers, for one image, whose results are summed.

    A scale for each channel right after a counted layer is not among them: it is a part of that layer.

    Args:
        network: with the layers in execution order.
    """
    terms: dict[str, _Terms] = {}
    found: dict[int, Layer] = {}
    producers = Wiring(network).producers
    for layer in network.layers:
        made = _made(network, producers, layer, [terms[name] for name in layer.inputs if name in terms])
        if made.decided:
            found |= made.open
            made = _Terms(decided=True)
        if made.open or made.decided:
            terms |= dict.fromkeys(layer.outputs, made)
    return sum(network.tensors[layer.outputs[0]].count for layer in found.values())


def _made(network: Network, producers: Mapping[str, Layer], layer: Layer, read: list[_Terms]) -> _Terms:
    """The terms of a layer's results; those of decided ones are to be counted."""
    if layer.op in _PRODUCTS and layer.weights:
        return _Terms() if _scales(network, producers, layer) else _Terms({id(layer): layer})
    role = role_of(layer)
    if not read or not (layer.op in _SUMMING or role in _PASSED):
        return _Terms()
    if len(read) == 1 and role in _PASSED:
        return read[0]
    joined = {key: term for terms in read for key, term in terms.open.items()}
    if layer.op in _REDUCTIONS:
        return _Terms(joined, decided=bool(joined))
    several = len(joined) >= (_FEWEST_SUMMANDS if layer.op in _SUMS else _MOST_OPEN)
    return _Terms(joined, several or any(terms.decided for terms in read))


def _scales(network: Network, producers: Mapping[str, Layer], layer: Layer) -> bool:
    """Whether a product has one number for each channel of the counted layer before it, as batch norm has."""
    maker = producers.get(layer.inputs[0]) if layer.inputs else None
    while maker is not None and role_of(maker) in _SAME_NUMBERS and maker.inputs:
        maker = producers.get(maker.inputs[0])
    if maker is None or not isinstance(maker.work, Convolution | Dense | Deconvolution):
        return False
    width = maker.work.out_features if isinstance(maker.work, Dense) else maker.work.out_channels
    return all(network.tensors[name].count <= width for name in layer.weights)
