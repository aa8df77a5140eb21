"""Minimum cut of a directed graph with integer capacities, by shortest augmenting paths (Edmonds and Karp 1972).

Integers, so that the cut is the same on every machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

SOURCE, SINK = "source", "sink"


class Cut:
    """A network under construction. Capacities of repeated edges add up."""

    def __init__(self) -> None:
        self._left: dict[Hashable, dict[Hashable, int]] = {SOURCE: {}, SINK: {}}

    def edge(self, start: Hashable, end: Hashable, capacity: int) -> None:
        """Add an edge, which costs its capacity where `start` is on the source's side and `end` is not."""
        ahead, back = self._left.setdefault(start, {}), self._left.setdefault(end, {})
        ahead[end] = ahead.get(end, 0) + capacity
        back.setdefault(start, 0)

    def source_side(self) -> set[Hashable]:
        """The nodes on the source's side of the minimum cut, of several the one with the fewest."""
        while (path := self._path()) is not None:
            least = min(self._left[start][end] for start, end in path)
            for start, end in path:
                self._left[start][end] -= least
                self._left[end][start] += least
        return set(self._reached())

    def _path(self) -> list[tuple[Hashable, Hashable]] | None:
        """The edges of a shortest path with capacity left from source to sink, backwards."""
        before = self._reached()
        if SINK not in before:
            return None
        node = before[SINK]
        path: list[tuple[Hashable, Hashable]] = [(node, SINK)]
        while node != SOURCE:
            path.append((before[node], node))
            node = before[node]
        return path

    def _reached(self) -> dict[Hashable, Hashable]:
        """Every node that the source reaches through capacity left, with the node before it."""
        before: dict[Hashable, Hashable] = {SOURCE: SOURCE}
        pending: deque[Hashable] = deque([SOURCE])
        while pending:
            node = pending.popleft()
            for end, capacity in self._left[node].items():
                if capacity > 0 and end not in before:
                    before[end] = node
                    pending.append(end)
        return before
