"""Blocks of pixels that are sliced apart and joined as channels (YOLOv5's Focus), as the one op that they are.

XNNPACK has a kernel for SPACE_TO_DEPTH, but none for slices with steps.
"""

from __future__ import annotations

from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.blocks import SpaceToDepth
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.ops.take import Take
from edgeface.graph.rewrite import Refusal, Rewrite, apply_rules


def gather_blocks(graph: Graph) -> Graph:
    """The graph with every b-th pixel's slices, all b² of them, as SpaceToDepth and an order of its channels."""
    return apply_rules(graph, merge, gather)


def merge(graph: Graph, node: Node) -> Rewrite | None:
    """A slice with steps of a slice with steps: one slice."""
    first = graph.producers.get(node.inputs[0])
    if not isinstance(node.op, StridedSlice) or first is None or not isinstance(first.op, StridedSlice):
        return None
    outer, inner = node.op, first.op
    ranges = [
        range(*a)[slice(*b)]
        for a, b in zip(
            zip(inner.starts, inner.ends, inner.steps, strict=True),
            zip(outer.starts, outer.ends, outer.steps, strict=True),
            strict=True,
        )
    ]
    starts, ends, steps = (tuple(getattr(r, name) for r in ranges) for name in ("start", "stop", "step"))
    size = graph.type(first.inputs[0]).shape
    ends = tuple(min(end, most) for end, most in zip(ends, size, strict=True))
    return Rewrite([node], [Node(StridedSlice(starts, ends, steps), first.inputs, node.outputs, node.origin)])


def gather(graph: Graph, node: Node) -> Rewrite | Refusal | None:
    """Fires for a Concat along channels of all the slices of one image, in any order."""
    slices = [graph.producers.get(name) for name in node.inputs]
    if not isinstance(node.op, Concat) or any(part is None or not isinstance(part.op, StridedSlice) for part in slices):
        return None
    images = {part.inputs[0] for part in slices if part is not None}
    image = graph.type(min(images)).shape
    if len(images) != 1 or len(image) != 4 or node.op.axis % 4 != 1:
        return Refusal("it does not join slices of one image as channels")
    places = [_place(part.op, image) for part in slices if part is not None and isinstance(part.op, StridedSlice)]
    block = round(len(places) ** 0.5)
    wanted = {(block, i * block + j) for i in range(block) for j in range(block)}
    if block < 2 or len(places) != block**2 or set(places) != wanted:
        return Refusal("the slices are not all pixels of equal blocks")
    channels = image[1]
    order = tuple(place[1] * channels + c for place in places if place is not None for c in range(channels))
    inner = f"{node.output}/blocks"
    added = [
        Node(SpaceToDepth(block), (min(images),), (inner,), node.origin),
        Node(Take(1, order), (inner,), node.outputs, node.origin),
    ]
    return Rewrite([node], added)


def _place(op: StridedSlice, image: tuple[int, ...]) -> tuple[int, int] | None:
    """(b, which pixel of its b×b block) that a slice takes of every block; None for other slices."""
    block = op.steps[2]
    whole = op.starts[:2] == (0, 0) and op.ends[:2] == image[:2] and op.steps == (1, 1, block, block)
    inside = max(op.starts[2:]) < block and image[2] % block == 0 and image[3] % block == 0
    reaches = all(
        end > size - block + start for start, end, size in zip(op.starts[2:], op.ends[2:], image[2:], strict=True)
    )
    return (block, op.starts[2] * block + op.starts[3]) if whole and inside and reaches else None
