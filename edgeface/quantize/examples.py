"""Calibration images for corrections that run the network: how many fit into memory, and what evaluates a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

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

    def fitting(self, graph: Graph, wanted: int, max_bytes: int = MAX_BYTES) -> int:
        """The number of images, at most `wanted`, whose values fit into memory in float and quantized; at least 1.

        Args:
            graph: the graph that they run through, node by node.
            wanted: how many would be best.
            max_bytes: the memory.
        """
        return max(1, min(wanted, self.count, max_bytes // max(2 * peak_bytes(graph), 1)))


def peak_bytes(graph: Graph) -> int:
    """Maximum size in float32 of one image's values at any node, when each is freed after its last reader."""
    size = {name: 4 * int(np.prod(graph.type(name).shape)) for name in graph.activations}
    last = {name: index for index, node in enumerate(graph.nodes) for name in node.inputs}
    live, peak = set(graph.inputs), 0
    for index, node in enumerate(graph.nodes):
        live |= set(node.outputs)
        peak = max(peak, sum(size[name] for name in live))
        live = {name for name in live if last.get(name, -1) > index}
    return peak
