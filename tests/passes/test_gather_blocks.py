from __future__ import annotations

from itertools import product

import pytest

from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.strided_slice import StridedSlice
from edgeface.graph.rewrite import refusals
from edgeface.passes.gather_blocks import gather, gather_blocks

FOCUS = ((0, 0), (1, 0), (0, 1), (1, 1))


def sliced(places, block=2, size=(1, 3, 6, 12), end=None):
    rows = []
    for index, (i, j) in enumerate(places):
        ends = end or size
        rows.append((StridedSlice((0, 0, i, j), ends, (1, 1, block, block)), "x", f"s{index}"))
    return [*rows, (Concat(1), " ".join(f"s{i}" for i in range(len(places))), "y")]


@pytest.mark.parametrize(("places", "block"), [(FOCUS, 2), (FOCUS[::-1], 2), (tuple(product(range(3), repeat=2)), 3)])
def test_all_slices_of_the_blocks_are_one_op(make_graph, same, ops, places, block):
    graph = make_graph({"x": (1, 3, 6, 12)}, sliced(places, block))
    found = gather_blocks(graph)
    assert ops(found) == ["SpaceToDepth", "Take"]
    same(graph, found)


def test_slices_of_slices_are_followed(make_graph, same, ops):
    rows = []
    for index, (i, j) in enumerate(FOCUS):
        rows.append((StridedSlice((0, 0, i, 0), (1, 3, 6, 12), (1, 1, 2, 1)), "x", f"r{index}"))
        rows.append((StridedSlice((0, 0, 0, j), (1, 3, 3, 12), (1, 1, 1, 2)), f"r{index}", f"s{index}"))
    graph = make_graph({"x": (1, 3, 6, 12)}, [*rows, (Concat(1), "s0 s1 s2 s3", "y")])
    assert ops(gather_blocks(graph)) == ["SpaceToDepth", "Take"]
    same(graph, gather_blocks(graph))


@pytest.mark.parametrize(
    "rows",
    [
        sliced(FOCUS[:3]),
        sliced(((0, 0), (0, 0), (0, 1), (1, 1))),
        sliced(FOCUS, end=(1, 3, 4, 12)),
        sliced(FOCUS, end=(1, 2, 6, 12)),
    ],
)
def test_other_slices_stay(make_graph, rows):
    graph = make_graph({"x": (1, 3, 6, 12)}, rows)
    assert gather_blocks(graph) is graph
    assert [reason for _, reason in refusals(graph, gather)] == ["the slices are not all pixels of equal blocks"]


def test_a_slice_of_a_slice_keeps_its_elements(make_graph, same):
    rows = [
        (StridedSlice((0, 0, 1, 2), (1, 3, 6, 11), (1, 1, 2, 3)), "x", "a"),
        (StridedSlice((0, 1, 0, 1), (1, 3, 3, 3), (1, 2, 2, 1)), "a", "y"),
    ]
    graph = make_graph({"x": (1, 3, 6, 12)}, rows)
    merged = gather_blocks(graph)
    assert len(merged.nodes) == 1
    same(graph, merged)
