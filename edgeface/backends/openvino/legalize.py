"""The forms that OpenVINO's kernels run."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from edgeface.graph.ir import Graph
from edgeface.passes import Pass
from edgeface.passes.decompose_prelu import decompose_prelu

LEGALIZE: tuple[Pass, ...] = ()
FLOAT_KINDS: Mapping[str, str] = {}


def integer_forms(graph: Graph, kept_float: Collection[str]) -> Graph:
    """The graph with ops that have no fast integer kernel decomposed.

    Args:
        graph: optimized.
        kept_float: values that are computed in float anyway.
    """
    return decompose_prelu(graph, kept_float)
