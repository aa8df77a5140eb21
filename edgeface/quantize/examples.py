"""Calibration images for corrections that run the network: how many fit into memory, and what evaluates a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from edgeface.graph.ir import Graph
from edgeface.graph.types import Array

Run: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]

MAX_BYTES = 400_000_000
"""Maximum size of all values that are held at once."""


@dataclass(frozen=True)
class Examples:
    """Calibration images.

    Attributes:
        count: number of images that there are.
        take: the inputs of that many images, float32 by name, chosen evenly.
        open: evaluates a small graph.
    """

    count: int
    take: Callable[[int], Iterable[Mapping[str, Array]]]
    open: Callable[[Graph], Run]

    def fitting(self, bytes_each: int, wanted: int, max_bytes: int = MAX_BYTES) -> int:
        """The number of images, at most `wanted`, whose values fit into memory; at least 1.

        Args:
            bytes_each: maximum size of the values that are held of one image.
            wanted: how many would be best.
            max_bytes: the memory.
        """
        return max(1, min(wanted, self.count, max_bytes // max(bytes_each, 1)))
