"""Passes: functions Graph -> Graph, one per file. `PASSES` lists those for all targets, in order."""

from __future__ import annotations

from collections.abc import Callable

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph
from edgeface.graph.verify import verify
from edgeface.passes.balance_heads import balance_heads
from edgeface.passes.balance_norms import balance_norms
from edgeface.passes.drop_no_ops import drop_no_ops
from edgeface.passes.drop_tile import drop_tile
from edgeface.passes.expand_products import expand_products
from edgeface.passes.expand_softmax import expand_softmax
from edgeface.passes.fold_batch_norm import fold_batch_norm
from edgeface.passes.fold_channel_order import fold_channel_order
from edgeface.passes.fold_product_factors import fold_product_factors
from edgeface.passes.fuse_activation import fuse_activation
from edgeface.passes.fuse_pad import fuse_pad
from edgeface.passes.gather_blocks import gather_blocks
from edgeface.passes.hoist_activation import hoist_activation
from edgeface.passes.keep_reduced_axes import keep_reduced_axes
from edgeface.passes.merge_reshapes import merge_reshapes
from edgeface.passes.normalize_prelu_slopes import normalize_prelu_slopes
from edgeface.passes.normalize_products import normalize_products
from edgeface.passes.pad_for_zeros import pad_for_zeros
from edgeface.passes.pair_operands import pair_operands
from edgeface.passes.recognize_activations import recognize_activations
from edgeface.passes.recognize_l2_normalize import recognize_l2_normalize
from edgeface.passes.recognize_norms import recognize_norms
from edgeface.passes.recognize_prelu import recognize_prelu
from edgeface.passes.replace_two_way_softmax import replace_two_way_softmax
from edgeface.passes.simplify_arithmetic import simplify_arithmetic

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    expand_products,
    drop_no_ops,
    drop_tile,
    pair_operands,
    simplify_arithmetic,
    recognize_activations,
    recognize_prelu,
    recognize_norms,
    recognize_l2_normalize,
    keep_reduced_axes,
    expand_softmax,
    normalize_products,
    fold_product_factors,
    fold_batch_norm,
    gather_blocks,
    fold_channel_order,
    pad_for_zeros,
    fuse_pad,
    replace_two_way_softmax,
    hoist_activation,
    fuse_activation,
    merge_reshapes,
    normalize_prelu_slopes,
    balance_norms,
    balance_heads,
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
