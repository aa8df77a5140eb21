"""Logits that are computed several times: each copy goes through its own sigmoid, and a convolution takes the mean.

An 8-bit logit has steps of 0.05, which is 0.012 of a score near one half, where it counts. Copies that
`copy_staggering` shifts by parts of a step divide that; in float the scores stay the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Sigmoid
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.types import Array
from edgeface.quantize.copied_channels import is_dense, repeated
from edgeface.quantize.statistics import CalibrationStats


def copy_logits(
    graph: Graph, stats: CalibrationStats, allowed: Collection[str], copies: int
) -> tuple[Graph, CalibrationStats]:
    """The network with copies of the logits of its sigmoids, and its statistics, which lack the new values.

    Args:
        graph: the graph that `stats` describe.
        stats: calibration statistics.
        allowed: values that may get copies: outputs of the convolutions that make logits.
        copies: number of copies, the original included.
    """
    values, nodes = dict(stats.values), list(graph.nodes)
    constants: dict[str, Array] = {}
    for sigmoid in (node for node in graph.nodes if isinstance(node.op, Sigmoid)):
        path = _path(graph, sigmoid)
        if not path or path[0].output not in allowed:
            continue
        logits = path[0].output
        gone = {node.output for node in (*path[1:], sigmoid)}
        nodes = [node for node in nodes if node.output not in gone]
        nodes += _merged(graph, sigmoid, path, copies, constants)
        values[logits] = repeated(values[logits], copies)
        for name in path[0].inputs[1:]:
            constants[name] = np.concatenate([graph.constants[name]] * copies)
    return graph.rebuild(nodes, constants), replace(stats, values=values)


def _path(graph: Graph, sigmoid: Node) -> list[Node]:
    """The convolution that makes a sigmoid's logits, and what moves them; empty where they are made otherwise."""
    moving: list[Node] = []
    name = sigmoid.inputs[0]
    while name in graph.producers and graph.only_reader(name) is not None:
        node = graph.producers[name]
        if is_dense(graph, node) and node.op.fused == "none":
            return [node, *moving]
        if not isinstance(node.op, Reshape | Transpose):
            break
        moving.insert(0, node)
        name = node.inputs[0]
    return []


def _merged(graph: Graph, sigmoid: Node, path: Sequence[Node], copies: int, constants: dict[str, Array]) -> list[Node]:
    """Sigmoids of all copies, their mean, and what moves it to where the sigmoid was; adds to `constants`."""
    logits, *moving = path
    channels = graph.type(logits.output).shape[1]
    prefix = f"{sigmoid.output}/copies"
    constants[f"{prefix}/weight"] = np.tile(np.eye(channels, dtype=np.float32) / copies, copies)[:, :, None, None]
    constants[f"{prefix}/bias"] = np.zeros(channels, np.float32)
    names = [f"{prefix}/mean", *(f"{node.output}/mean" for node in moving)]
    names[-1] = sigmoid.output
    mean_of = (prefix, f"{prefix}/weight", f"{prefix}/bias")
    nodes = [
        Node(sigmoid.op, (logits.output,), (prefix,), sigmoid.origin),
        Node(Conv(), mean_of, (names[0],), sigmoid.origin),
    ]
    for node, read, made in zip(moving, names, names[1:], strict=False):
        nodes.append(Node(node.op, (read,), (made,), node.origin))
    return nodes
