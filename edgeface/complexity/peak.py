"""The tensors that must stand in memory at once, and the order of layers that needs the least.

Every layer has its inputs and its outputs in memory at the same time; what runtimes fuse is fused first (see `fuse`).
Weights are not counted, nor what a kernel takes for itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from edgeface.complexity.fuse import fused
from edgeface.complexity.network import Network

MOST_STATES = 20_000
_State = tuple[int, int, tuple[int, ...]]
"""Steps that are done, one bit each; live bytes; the steps in order."""


@dataclass(frozen=True)
class Peak:
    """The most bytes of activations that stand in memory at once, at layer `at`, in the best order of layers.

    `in_file_order` is the same for the file's order; `proven` says whether no order can do better.
    """

    bytes: int
    at: str
    in_file_order: int
    proven: bool


def smallest_peak(network: Network) -> Peak:
    """The peak of activation memory under the best static order."""
    steps = _Steps(fused(network))
    natural, at = steps.peak(range(len(steps.names)))
    bound = max((steps.size(i | o) for i, o in zip(steps.inputs, steps.outputs, strict=True)), default=0)
    if natural <= bound:
        return Peak(natural, at, natural, True)
    order = steps.best_order()
    if order is None:
        return Peak(natural, at, natural, False)
    best, best_at = steps.peak(order)
    return Peak(best, best_at, natural, True)


class _Steps:
    """A fused network's layers as steps over numbered tensors; sets of tensors and of steps are bits of integers."""

    def __init__(self, network: Network) -> None:
        names = dict.fromkeys([*network.inputs, *(name for layer in network.layers for name in layer.outputs)])
        number = {name: 1 << index for index, name in enumerate(names)}
        self.sizes = [network.tensors[name].size_bytes for name in names]
        self.names = [layer.name for layer in network.layers]
        self.inputs = [sum(number[name] for name in layer.inputs) for layer in network.layers]
        self.outputs = [sum(number[name] for name in layer.outputs) for layer in network.layers]
        self.given = sum(number[name] for name in network.inputs)
        self.kept = sum(number[name] for name in network.outputs if name in number)

    def size(self, tensors: int) -> int:
        """Bytes of a set of tensors."""
        total = 0
        while tensors:
            lowest = tensors & -tensors
            total += self.sizes[lowest.bit_length() - 1]
            tensors ^= lowest
        return total

    @cached_property
    def before(self) -> list[int]:
        """The steps that each step must wait for."""
        return [sum(1 << i for i, made in enumerate(self.outputs) if made & needed) for needed in self.inputs]

    @cached_property
    def readers(self) -> list[int]:
        """The steps that read each tensor."""
        return [
            sum(1 << i for i, needed in enumerate(self.inputs) if needed >> tensor & 1)
            for tensor in range(len(self.sizes))
        ]

    def peak(self, order: Sequence[int]) -> tuple[int, str]:
        """Peak bytes of an order, and the step where it is reached."""
        live, done, peak, at = self.given, 0, 0, ""
        for index in order:
            live |= self.outputs[index]
            size = self.size(live)
            if size > peak:
                peak, at = size, self.names[index]
            done |= 1 << index
            live &= ~self._dead(self.inputs[index] | self.outputs[index], done)
        return peak, at

    def _dead(self, tensors: int, done: int) -> int:
        """Those of some tensors that nothing reads any more."""
        dead, rest = 0, tensors & ~self.kept
        while rest:
            lowest = rest & -rest
            if not self.readers[lowest.bit_length() - 1] & ~done:
                dead |= lowest
            rest ^= lowest
        return dead

    def _ready(self, done: int) -> list[int]:
        return [i for i, needed in enumerate(self.before) if not done >> i & 1 and needed & done == needed]

    def _change(self, done: int, index: int) -> tuple[int, int]:
        """Bytes that a step adds while it runs, and afterwards."""
        added = self.size(self.outputs[index])
        return added, added - self.size(self._dead(self.inputs[index] | self.outputs[index], done | 1 << index))

    def best_order(self) -> tuple[int, ...] | None:
        """An order with the smallest peak, by best-first search; None where the search grows too large."""
        everything = (1 << len(self.names)) - 1
        start = self.size(self.given)
        queue: list[tuple[int, int, _State]] = [(start, 0, (0, start, ()))]
        seen: set[int] = set()
        while queue and len(seen) < MOST_STATES:
            peak, _, state = heapq.heappop(queue)
            done, live, order = self._take_free_steps(state, peak)
            if done == everything:
                return order
            if done in seen:
                continue
            seen.add(done)
            for index in self._ready(done):
                added, kept = self._change(done, index)
                following = (done | 1 << index, live + kept, (*order, index))
                heapq.heappush(queue, (max(peak, live + added), -len(order), following))
        return None

    def _take_free_steps(self, state: _State, peak: int) -> _State:
        """Run whatever fits under the peak and leaves no more in memory than it found: it never pays to wait."""
        done, live, order = state
        moved = True
        while moved:
            moved = False
            for index in self._ready(done):
                added, kept = self._change(done, index)
                if kept <= 0 and live + added <= peak:
                    done, live, order, moved = done | 1 << index, live + kept, (*order, index), True
        return done, live, order
