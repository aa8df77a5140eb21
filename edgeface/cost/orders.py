"""Search for the order of layers with the minimum peak memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeAlias

from edgeface.cost.network import Network

MAX_WORK = 200_000
"""Maximum work of a search, in steps of a network with a few hundred."""

_MAX_CHOICES = 64
"""Number of steps among which the greedy order chooses, which keeps it linear."""

_Chain: TypeAlias = "tuple[int, _Chain] | None"
"""Steps in order, the last one first."""


@dataclass(frozen=True)
class Found:
    """A search's result: `order` is None if it is not better than the known one; else `finished` is True."""

    order: tuple[int, ...] | None
    finished: bool


@dataclass(frozen=True)
class _State:
    """A search state: finished and ready steps, one bit each; live bytes; and the steps so far."""

    done: int
    ready: int
    live: int
    chain: _Chain


class Steps:
    """A fused network's layers as steps on numbered tensors: `inputs` and `outputs` by step, `readers` by tensor."""

    def __init__(self, network: Network) -> None:
        names = dict.fromkeys([*network.inputs, *(name for layer in network.layers for name in layer.outputs)])
        number = {name: index for index, name in enumerate(names)}
        self.count = len(network.layers)
        self.sizes = [network.tensors[name].size_bytes for name in names]
        self.inputs = [tuple(number[name] for name in dict.fromkeys(layer.inputs)) for layer in network.layers]
        self.outputs = [tuple(number[name] for name in layer.outputs) for layer in network.layers]
        self.given_bytes = sum(self.sizes[number[name]] for name in set(network.inputs))
        outputs = set(network.outputs)
        self.kept = [name in outputs for name in names]
        self.readers: list[list[int]] = [[] for _ in names]
        for index, needed in enumerate(self.inputs):
            for tensor in needed:
                self.readers[tensor].append(index)

    def own_bytes(self, index: int) -> int:
        """Bytes of a step's inputs and outputs, which no order can avoid."""
        return sum(self.sizes[tensor] for tensor in {*self.inputs[index], *self.outputs[index]})

    def following(self, index: int) -> Iterator[int]:
        """The steps that read a step's outputs; one that reads two of them is repeated."""
        return (reader for tensor in self.outputs[index] for reader in self.readers[tensor])

    @cached_property
    def added_bytes(self) -> list[int]:
        """Bytes that each step adds while it runs."""
        return [sum(self.sizes[tensor] for tensor in made) for made in self.outputs]

    @cached_property
    def waits(self) -> list[int]:
        """The number of tensors that each step must wait for."""
        makes = [False] * len(self.sizes)
        for made in self.outputs:
            for tensor in made:
                makes[tensor] = True
        return [sum(makes[tensor] for tensor in needed) for needed in self.inputs]

    @cached_property
    def before(self) -> list[int]:
        """The steps that each step must wait for, one bit each."""
        found = [0] * self.count
        for index in range(self.count):
            for reader in self.following(index):
                found[reader] |= 1 << index
        return found

    @cached_property
    def read_by(self) -> list[int]:
        """The steps that read each tensor, one bit each."""
        return [sum(1 << reader for reader in readers) for readers in self.readers]


def greedy_order(steps: Steps) -> list[int]:
    """An order that always takes the step after which the least memory is live."""
    waits, left = list(steps.waits), [len(readers) for readers in steps.readers]
    ready = dict.fromkeys(index for index, count in enumerate(waits) if not count)
    order: list[int] = []

    def cost(index: int) -> tuple[int, int, int]:
        freed = sum(steps.sizes[t] for t in steps.inputs[index] if left[t] == 1 and not steps.kept[t])
        return steps.added_bytes[index] - freed, steps.added_bytes[index], index

    while ready:
        index = min(islice(ready, _MAX_CHOICES), key=cost)
        del ready[index]
        order.append(index)
        for tensor in steps.inputs[index]:
            left[tensor] -= 1
        for reader in steps.following(index):
            waits[reader] -= 1
            if not waits[reader]:
                ready[reader] = None
    return order


def best_order(steps: Steps, known_bytes: int) -> Found:
    """An order with the minimum peak, by best-first search.

    Args:
        steps: the network.
        known_bytes: the peak of a known order; the search is for a smaller one.

    Returns:
        The result, not finished if the search grows too large.
    """
    return _Search(steps, known_bytes).run()


class _Search:
    def __init__(self, steps: Steps, known_bytes: int) -> None:
        self.steps, self.known = steps, known_bytes
        # Comparing the bits of a thousand steps takes longer than of a hundred.
        self.left = MAX_WORK // (1 + steps.count // 500)

    def run(self) -> Found:
        steps = self.steps
        everything = (1 << steps.count) - 1
        ready = sum(1 << index for index, count in enumerate(steps.waits) if not count)
        queue = [(steps.given_bytes, 0, 0, _State(0, ready, steps.given_bytes, None))]
        visited: set[int] = set()
        pushed = 0
        while queue and self.left > 0:
            peak, depth, _, state = heapq.heappop(queue)
            state = self._with_free_steps(state, peak)
            if state.done == everything:
                return Found(_listed(state.chain), True)
            if state.done in visited:
                continue
            visited.add(state.done)
            for index in _bits(state.ready):
                pushed += 1
                during = max(peak, state.live + steps.added_bytes[index])
                if during < self.known:
                    heapq.heappush(queue, (during, depth - 1, pushed, self._after(state, index)))
        return Found(None, self.left > 0)

    def _after(self, state: _State, index: int) -> _State:
        """The state once a step has run."""
        self.left -= 1
        done = state.done | 1 << index
        ready = state.ready ^ 1 << index
        for reader in self.steps.following(index):
            if not self.steps.before[reader] & ~done:
                ready |= 1 << reader
        return _State(done, ready, state.live + self._kept_bytes(done, index), (index, state.chain))

    def _kept_bytes(self, done: int, index: int) -> int:
        """Bytes that are added by a step's outputs, minus those freed because the step is their last reader."""
        steps = self.steps
        tensors = (*steps.inputs[index], *steps.outputs[index])
        dead = (t for t in tensors if not steps.kept[t] and not steps.read_by[t] & ~done)
        return steps.added_bytes[index] - sum(steps.sizes[t] for t in dead)

    def _with_free_steps(self, state: _State, peak: int) -> _State:
        """The state after all steps that fit under the peak and free memory or keep it: delaying them never helps."""
        waiting = list(_bits(state.ready))
        while waiting and self.left > 0:
            index = waiting.pop()
            self.left -= 1
            fits = state.live + self.steps.added_bytes[index] <= peak
            if fits and self._kept_bytes(state.done | 1 << index, index) <= 0:
                state = self._after(state, index)
                waiting = list(_bits(state.ready))
                self.left -= len(waiting) // 4
        return state


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _listed(chain: _Chain) -> tuple[int, ...]:
    found = []
    while chain is not None:
        index, chain = chain
        found.append(index)
    return tuple(reversed(found))
