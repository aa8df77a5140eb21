"""Peak activation memory, and the order of layers that minimizes it.

Every layer has its inputs and outputs in memory at the same time; what runtimes fuse is fused first (see `fuse`).
Weights and scratch memory of kernels are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgeface.cost.fuse import fused
from edgeface.cost.network import Network
from edgeface.cost.orders import Steps, best_order, greedy_order


@dataclass(frozen=True)
class Peak:
    """The maximum bytes of live activations, at layer `at`, in the best order of layers.

    `in_file_order` is the same for the file's order; `optimal`: whether no order can be better.
    """

    bytes: int
    at: str
    in_file_order: int
    optimal: bool


def smallest_peak(network: Network) -> Peak:
    """The peak of activation memory for the best static order.

    If the search grows too large, the better of the file's order and a greedy one, with `optimal` False.
    """
    network = fused(network)
    steps = Steps(network)
    natural, at = _peak(steps, range(steps.count), network)
    bound = max(map(steps.own_bytes, range(steps.count)), default=0)
    if natural <= bound:
        return Peak(natural, at, natural, True)
    greedy, greedy_at = _peak(steps, greedy_order(steps), network)
    known, at = min((natural, at), (greedy, greedy_at), key=lambda found: found[0])
    if known <= bound:
        return Peak(known, at, natural, True)
    found = best_order(steps, known)
    if found.order is None:
        return Peak(known, at, natural, found.finished)
    best, at = _peak(steps, found.order, network)
    return Peak(best, at, natural, True)


def _peak(steps: Steps, order: Iterable[int], network: Network) -> tuple[int, str]:
    """Peak bytes of an order, and the layer where it is reached."""
    live, peak, at = steps.given_bytes, 0, ""
    left = [len(readers) for readers in steps.readers]
    for index in order:
        live += sum(steps.sizes[tensor] for tensor in steps.outputs[index])
        if live > peak:
            peak, at = live, network.layers[index].name
        for tensor in steps.inputs[index]:
            left[tensor] -= 1
        live -= sum(
            steps.sizes[tensor]
            for tensor in (*steps.inputs[index], *steps.outputs[index])
            if not left[tensor] and not steps.kept[tensor]
        )
    return peak, at
