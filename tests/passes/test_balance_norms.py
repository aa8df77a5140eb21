from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.arithmetic import Add, Mul
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.normalization import LayerNorm, RmsNorm
from edgeface.graph.rewrite import refusals
from edgeface.passes.balance_norms import balance, balance_norms

TOKENS = {"x": (1, 5, 6)}
SCALED = [(LayerNorm((2,)), "x", "n"), (Mul(), "n g", "s"), (Add(), "s b", "t")]


@pytest.fixture
def outliers(normal):
    gain = np.array([1, 1, 30, 1, 0.5, 1], np.float32)
    return {"g": gain, "b": normal(6, seed=1), "w": normal(4, 6, seed=2), "v": normal(3, 6, seed=3)}


@pytest.mark.parametrize(
    "rows",
    [
        [*SCALED, (Gemm(), "t w", "y"), (Gemm(), "t v", "z")],
        [(RmsNorm((2,)), "x", "n"), (Mul(), "n g", "t"), (Gemm(), "t w", "y"), (Gemm(), "t v", "z")],
    ],
)
def test_scales_even_out_and_no_result_changes_by_a_bit(make_graph, outliers, normal, evaluate, rows):
    graph = make_graph(TOKENS, rows, outliers, ["y", "z"])
    balanced = balance_norms(graph)
    feed = {"x": normal(1, 5, 6, seed=4)}
    before, after = evaluate(graph, feed, "t"), evaluate(balanced, feed, "t")
    for name in ("y", "z"):
        np.testing.assert_allclose(after[name], before[name], rtol=1e-6, atol=1e-6 * np.abs(before[name]).max())
    spread = [np.ptp(np.log2(np.abs(found["t"]).max(axis=(0, 1)))) for found in (before, after)]
    assert spread[1] < 0.7 * spread[0]
    moved = np.log2(balanced.constants["y/balanced"] / outliers["w"])
    np.testing.assert_array_equal(moved, np.rint(moved))


@pytest.mark.parametrize(
    ("rows", "outputs", "refused"),
    [
        ([*SCALED, (Gemm(), "t w", "y"), (Relu(), "t", "z")], ["y", "z"], 1),
        ([*SCALED, (Gemm(), "t w", "y")], ["y", "t"], 1),
        ([(LayerNorm((1,)), "x", "n"), (Mul(), "n g", "t"), (Gemm(), "t w", "y")], None, 0),
        ([(LayerNorm((2,)), "x", "n"), (Mul(), "n m", "t"), (Gemm(), "t w", "y")], None, 0),
        ([(LayerNorm((2,)), "x", "n"), (Gemm(), "n w", "y")], None, 0),
    ],
)
def test_what_others_read_or_no_channel_scales_stays(make_graph, outliers, normal, rows, outputs, refused):
    graph = make_graph(TOKENS, rows, {**outliers, "m": normal(5, 1)}, outputs)
    assert balance_norms(graph) is graph
    assert len(refusals(graph, balance)) == refused
