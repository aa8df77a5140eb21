"""MobileNets as XNNPACK's own benchmark has them: 224×224, random weights, float32 and int8, as .tflite files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from price_cases import Case

from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.base import FusedActivation, Op
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.spatial import GlobalAveragePool
from edgeface.graph.types import Array, TensorType

V1 = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
"""Channels and stride of each block, a depthwise convolution and one of 1×1."""
V2 = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
"""Of each group of blocks: expansion, channels, number of blocks, stride of the first."""


@dataclass
class _Net:
    """A network that grows at its end."""

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    end: str = "x0"

    def add(self, op: Op, *inputs: str) -> str:
        """A node after the end, or on the named values."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(Node(op, inputs or (self.end,), (name,), name))
        self.end = name
        return name

    def conv(self, c: int, m: int, size: int = 1, stride: int = 1, activation: FusedActivation = "relu6") -> None:
        """A convolution to m channels; one with c = 1 is depthwise."""
        pad = size // 2
        pads = (pad, pad, pad, pad) if stride == 1 else (0, 0, pad, pad)
        weight, bias = f"w{len(self.nodes)}", f"b{len(self.nodes)}"
        random = np.random.default_rng(len(self.nodes))
        self.constants[weight] = random.normal(0, 0.1, (m, c, size, size)).astype(np.float32)
        self.constants[bias] = np.zeros(m, np.float32)
        groups = m if c == 1 else 1
        self.add(Conv((stride, stride), pads, groups=groups, activation=activation), self.end, weight, bias)

    def graph(self, name: str) -> Graph:
        """The network from an image of 3×224×224."""
        given = [Value("x0", TensorType((1, 3, 224, 224)))]
        return Graph.build(name, given, [self.end], self.nodes, self.constants)


def mobilenet_v1() -> Graph:
    """MobileNet v1 1.0."""
    net, channels = _Net(), 32
    net.conv(3, channels, 3, 2)
    for wider, stride in V1:
        net.conv(1, channels, 3, stride)
        net.conv(channels, wider)
        channels = wider
    return _classified(net, channels, "mobilenet_v1")


def mobilenet_v2() -> Graph:
    """MobileNet v2 1.0."""
    net, channels = _Net(), 32
    net.conv(3, channels, 3, 2)
    for expansion, wider, blocks, first in V2:
        for index in range(blocks):
            start, stride = net.end, first if index == 0 else 1
            inner = channels * expansion
            if expansion > 1:
                net.conv(channels, inner)
            net.conv(1, inner, 3, stride)
            net.conv(inner, wider, activation="none")
            if index:
                net.add(Add(), start, net.end)
            channels = wider
    net.conv(channels, 1280)
    return _classified(net, 1280, "mobilenet_v2")


def networks() -> dict[str, Graph]:
    """The networks, as latency_anchors.csv names them."""
    return {"MobileNet v1": mobilenet_v1(), "MobileNet v2": mobilenet_v2()}


def write_models(folder: Path) -> dict[tuple[str, str], Path]:
    """The .tflite files by network and dtype."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, graph in networks().items():
        for dtype in ("float32", "int8"):
            path = folder / f"{graph.name}-{dtype}.tflite"
            if not path.exists():
                path.write_bytes(Case(graph, "network").model(dtype))
            found[name, dtype] = path
    return found


def _classified(net: _Net, channels: int, name: str) -> Graph:
    net.add(GlobalAveragePool())
    net.conv(channels, 1000, activation="none")
    return net.graph(name)
