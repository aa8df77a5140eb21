"""Count FLOPs by the challenge's rules, multiply–accumulates and parameters; by layer, by stage and in total."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

from edgeface.cost.folding import Evidence, Unfolded, unfold
from edgeface.cost.network import Layer, Network
from edgeface.cost.summed_products import summed_products
from edgeface.cost.wiring import role_of
from edgeface.cost.work import Convolution, Deconvolution, Dense, MatrixProduct, Work
from edgeface.errors import GraphError

FP32_BYTES = 4

_REASONS = {
    "view": "moves no data",
    "permute": "moves data, computes nothing",
    "batch_norm": "is folded into convolutions before deployment",
    "quantize": "converts numbers",
    "matrix_product": "the challenge does not count products of two computed tensors; MACs do",
}
_BEYOND = "its size depends on data; its weights count, its work is in no figure"
_RULE = "is not counted by the challenge's rules"


@dataclass(frozen=True)
class LayerCost:
    """A counted layer. `stage` is its output's size, as in "60×80"; `parameters` and FLOPs are unfolded."""

    name: str
    op: str
    stage: str
    shape: tuple[int, ...]
    macs: int
    lfr_flops: int
    parameters: int
    groups: int


@dataclass(frozen=True)
class StageCost:
    """The layers with one output size."""

    stage: str
    layers: int
    macs: int
    lfr_flops: int
    parameters: int


@dataclass(frozen=True)
class Uncounted:
    """Operators that the challenge does not count, and the reason."""

    op: str
    times: int
    reason: str


@dataclass(frozen=True)
class Complexity:
    """All counts of a network for one image, before folding.

    `parameters` counts trained numbers: weights, biases, slopes, batch norm's scale and shift. `statistics` counts
    batch norm's means and variances. `as_it_stands` is the FLOP count if every bias in the file belonged to the
    network. `summed_products` are multiplications by trained numbers outside of counted layers whose results are
    summed, as a convolution's are; they are in no other count. `unused_record` says why edgeface's record of own
    biases in the file is not used, or is "".
    """

    network: Network
    evidence: Evidence
    unused_record: str
    folded: int
    doubtful_flops: int
    layers: tuple[LayerCost, ...]
    uncounted: tuple[Uncounted, ...]
    lfr_flops: int
    as_it_stands: int
    deconvolution_flops: int
    macs: int
    parameters: int
    statistics: int
    summed_products: int

    @property
    def fp32_bytes(self) -> int:
        """Bytes of all parameters and batch norm statistics as float32, whatever type the file has."""
        return FP32_BYTES * (self.parameters + self.statistics)

    def folding(self) -> dict[str, Any]:
        """The findings about folded batch norm, for JSON."""
        return {
            "evidence": self.evidence,
            "unused_record": self.unused_record or None,
            "folded_layers": self.folded,
            "lfr_flops_as_it_stands": self.as_it_stands,
            "doubtful_flops": self.doubtful_flops,
        }

    @cached_property
    def stages(self) -> tuple[StageCost, ...]:
        """Costs by output size, in execution order."""
        groups: dict[str, list[LayerCost]] = {}
        for layer in self.layers:
            groups.setdefault(layer.stage, []).append(layer)
        return tuple(
            StageCost(
                stage,
                len(found),
                sum(layer.macs for layer in found),
                sum(layer.lfr_flops for layer in found),
                sum(layer.parameters for layer in found),
            )
            for stage, found in groups.items()
        )


def count(network: Network) -> Complexity:
    """The counts of a network as defined, before batch norm was folded.

    Raises:
        GraphError: a convolution or a fully connected layer has no weights or no outputs.
    """
    _refuse_empty(network)
    unfolded = unfold(network)
    network = unfolded.network
    counted: set[tuple[str, str]] = set()
    layers = []
    for layer in network.layers:
        parameters = _new_numbers(network, layer, layer.weights, counted)
        if layer.work.macs or parameters:
            layers.append(_cost(network, layer, parameters))
    works = [layer.work for layer in network.layers]
    lfr_flops = sum(work.lfr_flops for work in works)
    return Complexity(
        network=network,
        evidence=unfolded.evidence,
        unused_record=unfolded.unused_record,
        folded=unfolded.folded,
        doubtful_flops=unfolded.doubtful_flops,
        layers=tuple(layers),
        uncounted=(*_uncounted(network.layers), *(Uncounted(op, n, _BEYOND) for op, n in network.beyond.items())),
        lfr_flops=lfr_flops,
        as_it_stands=lfr_flops + sum(map(_saved, works)),
        deconvolution_flops=sum(layer.work.lfr_flops for layer in network.layers if _is_deconvolution(layer)),
        macs=sum(work.macs for work in works),
        parameters=sum(layer.parameters for layer in layers) + _set_aside(network),
        statistics=_statistics(unfolded),
        summed_products=summed_products(network),
    )


def _refuse_empty(network: Network) -> None:
    """Refuse layers without numbers, whose FLOPs, one less for each output, would be below zero."""
    for layer in network.layers:
        if isinstance(layer.work, Convolution | Dense | Deconvolution) and layer.work.macs < 1:
            raise GraphError(
                "the layer multiplies nothing: it has no weights, or no outputs",
                where=f"{layer.name} ({layer.op})",
                fix="export the model again",
            )


def stage_of(network: Network, layer: Layer) -> str:
    """The size of a layer's output: "60×80", "vector", or "49 tokens"."""
    shape = network.tensors[layer.outputs[0]].shape
    if len(shape) == 4:
        height, width = shape[1:3] if network.layout == "nhwc" and network.format == "tflite" else shape[2:]
        return "vector" if height == width == 1 else f"{height}×{width}"
    return f"{math.prod(shape[:-1])} tokens" if len(shape) == 3 and shape[1] > 1 else "vector"


def _cost(network: Network, layer: Layer, parameters: int) -> LayerCost:
    work = layer.work
    return LayerCost(
        name=layer.name,
        op=layer.op,
        stage=stage_of(network, layer),
        shape=network.tensors[layer.outputs[0]].shape,
        macs=work.macs,
        lfr_flops=work.lfr_flops,
        parameters=parameters + (work.width if _is_folded(work) else 0),
        groups=work.groups if isinstance(work, Convolution) else 1,
    )


def _new_numbers(network: Network, layer: Layer, names: Sequence[str], counted: set[tuple[str, str]]) -> int:
    """Numbers in constants that no earlier layer uses: shared constants count once.

    Exporters also merge vectors that are equal by chance, such as an untrained network's zeros and ones. Such a vector
    counts once for each layer with its own weights.
    """
    main = max(layer.weights, key=lambda name: network.tensors[name].count, default="")
    owner = layer.name if main in network.uniform or not main else main
    keys = {(name, owner if name in network.uniform else "") for name in names} - counted
    counted |= keys
    return sum(network.tensors[name].count for name, _ in keys)


def _set_aside(network: Network) -> int:
    """Numbers in the constants that only operators read whose sizes depend on data."""
    counted = {name for layer in network.layers for name in (*layer.weights, *layer.statistics)}
    return sum(network.tensors[name].count for name in network.beyond_weights if name not in counted)


def _statistics(unfolded: Unfolded) -> int:
    """Batch norm's means and variances: those in the file, and those of batch norms that were folded."""
    network = unfolded.network
    counted: set[tuple[str, str]] = set()
    kept = sum(_new_numbers(network, layer, layer.statistics, counted) for layer in network.layers)
    return kept + 2 * sum(layer.work.width for layer in network.layers if _is_folded(layer.work))


def _is_folded(work: Work) -> TypeGuard[Convolution | Dense]:
    return isinstance(work, Convolution | Dense) and work.bias == "folded"


def _saved(work: Work) -> int:
    """Additions that are not counted because of a folded bias."""
    return work.as_if("own").lfr_flops - work.lfr_flops if _is_folded(work) else 0


def _is_deconvolution(layer: Layer) -> bool:
    return isinstance(layer.work, Deconvolution)


def _uncounted(layers: Iterable[Layer]) -> tuple[Uncounted, ...]:
    times: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for layer in layers:
        if layer.work.lfr_flops:
            continue
        role = "matrix_product" if isinstance(layer.work, MatrixProduct) else role_of(layer)
        times[layer.op] = times.get(layer.op, 0) + 1
        reasons[layer.op] = _REASONS.get(role, _RULE)
    return tuple(Uncounted(op, number, reasons[op]) for op, number in sorted(times.items()))
