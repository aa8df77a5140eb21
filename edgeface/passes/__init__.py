"""Passes: functions Graph -> Graph, one per file. `PASSES` lists those for all targets, in order."""

from __future__ import annotations

from collections.abc import Callable

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph
from edgeface.graph.verify import verify
from edgeface.passes.drop_no_ops import drop_no_ops
from edgeface.passes.fold_batch_norm import fold_batch_norm
from edgeface.passes.fuse_activation import fuse_activation
from edgeface.passes.fuse_pad import fuse_pad
from edgeface.passes.hoist_activation import hoist_activation
from edgeface.passes.merge_reshapes import merge_reshapes
from edgeface.passes.normalize_prelu_slopes import normalize_prelu_slopes
from edgeface.passes.replace_two_way_softmax import replace_two_way_softmax

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    drop_no_ops,
    fold_batch_norm,
    fuse_pad,
    replace_two_way_softmax,
    hoist_activation,
    fuse_activation,
    merge_reshapes,
    normalize_prelu_slopes,
)


def run_passes(graph: Graph, passes: tuple[Pass, ...] = PASSES) -> Graph:
    """The graph after running the passes in order, verified after each.

    Raises:
        GraphError: a pass, which is named, left an invalid graph or changed the model's interface.
    """
    for transform in passes:
        before = [graph.type(name) for name in (*graph.inputs, *graph.outputs)]
        graph = transform(graph)
        try:
            verify(graph)
        except GraphError as error:
            raise GraphError(f"pass {transform.__name__}: {error.what}", where=error.where) from error
        if [graph.type(name) for name in (*graph.inputs, *graph.outputs)] != before:
            raise GraphError(f"pass {transform.__name__} changed the graph's inputs or outputs", where=graph.name)
    return graph
