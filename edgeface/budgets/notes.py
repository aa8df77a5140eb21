"""Notes on the figures: folding, types, sizes, and work that the challenge counts differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgeface.budgets.cautions import cautions
from edgeface.budgets.numbers import exact
from edgeface.cost.counter import Complexity
from edgeface.cost.network import Network

if TYPE_CHECKING:
    from edgeface.budgets.limits import Budget

_EVIDENCE = {
    "recorded": "by edgeface's record in the file",
    "names": "by the names of their parameters",
    "structure": "by their position in the network",
}


def notes(complexity: Complexity, budgets: Sequence[Budget], taken: str) -> tuple[str, ...]:
    """Notes, most important first.

    Args:
        complexity: the counts.
        budgets: the budgets of the check.
        taken: description of what was counted for the source, or "".
    """
    return tuple(_notes(complexity, budgets, taken))


def _notes(complexity: Complexity, budgets: Sequence[Budget], taken: str) -> Iterator[str]:
    network = complexity.network
    if taken:
        yield taken
    yield from dict.fromkeys(line for budget in (None, *budgets) for line in cautions(complexity, budget))
    yield from network.notes
    yield from _size(network, budgets)
    if complexity.unused_record:
        yield f"edgeface's record of own biases in the file is not used: {complexity.unused_record}"
    if complexity.folded:
        added = complexity.as_it_stands - complexity.lfr_flops
        yield (
            f"batch norm is folded: {complexity.folded} layers contain its bias ({_EVIDENCE[complexity.evidence]}); "
            f"counted as in the file they would add {exact(added)} FLOPs, {exact(complexity.as_it_stands)} in total"
        )
    if complexity.doubtful_flops:
        yield (
            "the file does not show whether the embedding layer's bias is its own, as counted, or batch norm's, "
            f"which would count {exact(complexity.doubtful_flops)} FLOPs fewer"
        )
    if complexity.deconvolution_flops:
        yield (
            f"{exact(complexity.deconvolution_flops)} of the FLOPs are deconvolutions, which the challenge's script "
            "omits, but its rules say to add by hand"
        )
    narrow = _narrow(network)
    if narrow:
        yield f"weights are stored as {narrow}; size is counted as float32, because fewer bits do not extend the budget"


def _size(network: Network, budgets: Sequence[Budget]) -> Iterator[str]:
    shape = network.tensors[network.inputs[0]].shape if network.inputs else ()
    if len(shape) != 4:
        return
    size = shape[2:] if network.layout == "nchw" else shape[1:3]
    for budget in budgets:
        if budget.input is not None and budget.input != size:
            yield (
                f"counted at {size[0]}×{size[1]} pixels; {budget.name} applies at {budget.input[0]}×{budget.input[1]}"
            )


def _narrow(network: Network) -> str:
    """The types of the largest constants, if not float32."""
    weights = {name for layer in network.layers if layer.work.macs for name in layer.weights}
    large = {network.tensors[name].dtype for name in weights if len(network.tensors[name].shape) > 1}
    return ", ".join(sorted(large - {"float32", "float64"}))
