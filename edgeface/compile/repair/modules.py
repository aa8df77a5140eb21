"""Parts of a network by the modules of the source model, as the origins of its nodes name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_PARTS = 3
"""With fewer, the names tell nothing: all nodes are in one module, or in none."""


@dataclass(frozen=True)
class Part:
    """Some of a network's origins, in the order of the graph, and a name for them."""

    name: str
    origins: tuple[str, ...]


def split_by_modules(weights: Mapping[str, int], least: int, most: int, largest: float) -> list[Part]:
    """Parts that are modules; empty where the origins name no hierarchy, as in "Conv_12".

    The heaviest module is split into its own modules until there are enough parts, none too large.

    Args:
        weights: the weight of each origin, in the order of the graph.
        least: minimum number of parts, as far as there are so many modules.
        most: maximum number; a module with too many parts stays whole.
        largest: a part with a larger share of the weight is split although there are enough.
    """
    total = sum(weights.values())
    parts, whole = [_Module((), tuple(weights))], set[tuple[str, ...]]()
    while True:
        weighed = [(sum(weights[o] for o in part.origins), part) for part in parts if part.path not in whole]
        if not weighed:
            break
        weight, heaviest = max(weighed, key=lambda each: each[0])
        if len(parts) >= least and weight <= largest * total:
            break
        inner = heaviest.split()
        if len(inner) < 2 or len(parts) + len(inner) - 1 > most:
            whole.add(heaviest.path)
        else:
            index = parts.index(heaviest)
            parts[index : index + 1] = inner
            whole.update(each.path for each in inner if each.own)
    return _named(parts) if len(parts) >= LEAST_PARTS else []


@dataclass(frozen=True)
class _Module:
    """The nodes below a path of module names; with `own`, only those directly in it."""

    path: tuple[str, ...]
    origins: tuple[str, ...]
    own: bool = False

    def split(self) -> list[_Module]:
        """The modules directly in it that hold nodes, and its own nodes; modules that hold all of it are passed."""
        depth, inner = len(self.path), dict[tuple[str, ...], list[str]]()
        for origin in self.origins:
            names = _path(origin)
            inner.setdefault(names[: depth + 1] if len(names) > depth + 1 else (), []).append(origin)
        own = inner.pop((), [])
        if not own and len(inner) == 1:
            return _Module(next(iter(inner)), self.origins).split()
        found = [_Module(path, tuple(origins)) for path, origins in inner.items()]
        return found + ([_Module((*self.path, ""), tuple(own), own=True)] if own and found else [])


def _path(origin: str) -> tuple[str, ...]:
    """The names in an origin, of modules and at last of the node."""
    return tuple(name for name in origin.split("/") if name)


def _named(parts: Sequence[_Module]) -> list[Part]:
    """The parts with short names: as much of each path as tells it from the others."""
    paths = [part.path for part in parts]
    named = []
    for part in parts:
        names = [name for name in part.path if name]
        for length in range(1, len(names) + 1):
            tail = tuple(names[-length:])
            if sum(tuple(n for n in path if n)[-length:] == tail for path in paths if len(path) != 1 or path[0]) == 1:
                break
        name = ".".join(names[-length:]) if names else ""
        named.append(Part(name + (" itself" if part.own and name else "") or "top level", part.origins))
    return named
