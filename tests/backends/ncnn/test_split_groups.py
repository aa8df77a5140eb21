"""Groups of several channels, which ncnn computes wrongly in bfloat16 on x86."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.ncnn.files import read_network
from edgeface.backends.ncnn.split_groups import refuse_grouped, split_groups
from edgeface.errors import RuntimeFailure
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.conv_transpose import ConvTranspose

GROUPED = {
    "two of four": (Conv(groups=2, activation="relu"), (6, 4, 3, 3)),
    "a channel and two filters each": (Conv(groups=8, pads=(1, 1, 1, 1)), (16, 1, 3, 3)),
    "transposed": (ConvTranspose((2, 2), (1, 1, 1, 1), groups=2), (8, 3, 4, 4)),
}
SINGLE = {"one group": (Conv(), (6, 8, 3, 3)), "depthwise": (Conv(groups=8), (8, 1, 3, 3))}


@pytest.fixture
def graph_of(make_graph, normal):
    def build(op, shape):
        outputs = shape[0] if isinstance(op, Conv) else shape[1] * op.groups
        held = {"w": normal(*shape, seed=1), "b": normal(outputs, seed=2)}
        return make_graph({"x": (1, 8, 7, 6)}, [(op, "x w b", "y")], held)

    return build


@pytest.mark.parametrize("case", GROUPED)
def test_groups_of_several_become_convolutions_of_one(graph_of, normal, evaluate, open_emitted, case):
    graph = graph_of(*GROUPED[case])
    split, feed = split_groups(graph), {"x": normal(1, 8, 7, 6, seed=3)}
    assert {getattr(node.op, "groups", 1) for node in split.nodes} == {1}
    expected = evaluate(graph, feed)["y"]
    np.testing.assert_allclose(evaluate(split, feed)["y"], expected, atol=1e-5)
    rounded = open_emitted(target("ncnn-bf16"), split).run(feed)["y"]
    assert np.abs(rounded - expected).max() < 0.03 * np.abs(expected).max()


@pytest.mark.parametrize("case", SINGLE)
def test_single_channels_and_single_groups_stay(graph_of, case):
    graph = graph_of(*SINGLE[case])
    assert split_groups(graph) is graph


@pytest.mark.parametrize("case", GROUPED)
def test_a_file_with_such_groups_is_refused_on_x86_only_and_in_bfloat16_only(graph_of, written, case):
    network = read_network(written(graph_of(*GROUPED[case]), "ncnn-bf16"))
    refuse_grouped(network, "m", "aarch64")
    refuse_grouped(read_network(written(graph_of(*GROUPED[case]))), "m", "x86_64")
    for processor in ("x86_64", "AMD64"):
        with pytest.raises(RuntimeFailure, match="'y' wrongly in bfloat16"):
            refuse_grouped(network, "m", processor)


@pytest.mark.parametrize("case", SINGLE)
def test_other_files_are_not_refused(graph_of, written, case):
    refuse_grouped(read_network(written(graph_of(*SINGLE[case]), "ncnn-bf16")), "m", "x86_64")
