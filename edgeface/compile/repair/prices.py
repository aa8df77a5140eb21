"""Predicted time of a build, from the operations and dtypes of its graph alone: the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping

from edgeface.graph.ir import Graph, node_macs
from edgeface.quantize.plan import Stated

_NS_OF_MAC = {True: 0.020, False: 0.012}
_NS_OF_ELEMENT = 0.15


def predicted_us(graph: Graph, stated: Mapping[str, Stated]) -> float:
    """Microseconds of one inference.

    Args:
        graph: the legalized graph, in the forms that are emitted.
        stated: values in another dtype than the target's 8 bits.
    """
    total = 0.0
    for node in graph.nodes:
        own = _is_float(node.output, stated)
        total += node_macs(graph, node) * _NS_OF_MAC[own] + graph.type(node.output).count * _NS_OF_ELEMENT
        for name in node.inputs:
            if graph.constant(name) is None and _is_float(name, stated) != own:
                total += graph.type(name).count * _NS_OF_ELEMENT
    return total / 1e3


def _is_float(name: str, stated: Mapping[str, Stated]) -> bool:
    return name in stated and stated[name].is_float
