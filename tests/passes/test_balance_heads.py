from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.activations import Relu, Softmax
from edgeface.graph.ops.arithmetic import Mul
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.matmul import MatMul
from edgeface.graph.ops.shape import Reshape, Slice, Transpose
from edgeface.passes.balance_heads import balance_heads

TOKENS = {"x": (1, 5, 8)}
HEADS = Reshape((1, 5, 2, 4)), Transpose((0, 2, 1, 3))
JOIN = [
    (MatMul(), "p v", "o"),
    (Transpose((0, 2, 1, 3)), "o", "oo"),
    (Reshape((1, 5, 8)), "oo", "c"),
    (Gemm(), "c wp bp", "y"),
]
SEPARATE = [
    row
    for name in "qkv"
    for row in [
        (Gemm(), f"x w{name} b{name}", f"{name}0"),
        (HEADS[0], f"{name}0", f"{name}1"),
        (HEADS[1], f"{name}1", name),
    ]
]
FUSED = [
    (Gemm(), "x wf bf", "f"),
    (Reshape((1, 5, 3, 2, 4)), "f", "g"),
    (Transpose((2, 0, 3, 1, 4)), "g", "h"),
    *(
        row
        for i, name in enumerate("qkv")
        for row in [
            (Slice((i, 0, 0, 0, 0), (i + 1, 1, 2, 5, 4)), "h", f"{name}0"),
            (Reshape((1, 2, 5, 4)), f"{name}0", name),
        ]
    ),
]
TOKEN_ATTENTION = [
    (Mul(), "q scale", "qs"),
    (Transpose((0, 1, 3, 2)), "k", "kt"),
    (MatMul(), "qs kt", "s"),
    (Softmax(-1), "s", "p"),
    *JOIN,
]
CHANNEL_ATTENTION = [
    *((Transpose((0, 1, 3, 2)), name, f"{name}t") for name in "qkv"),
    (MatMul(), "qt k", "s"),
    (Softmax(-1), "s", "p"),
    (MatMul(), "p vt", "o"),
    (Transpose((0, 3, 1, 2)), "o", "oo"),
    (Reshape((1, 5, 8)), "oo", "c"),
    (Gemm(), "c wp bp", "y"),
]


@pytest.fixture
def weights(normal):
    """Queries reach further than keys, and the second head's values further than the first's."""
    held = {f"w{name}": normal(8, 8, seed=i) for i, name in enumerate("qkvp")}
    held |= {f"b{name}": normal(8, seed=9 + i) for i, name in enumerate("qkvp")}
    held["wq"] *= 40
    held["bq"] *= 40
    held["wv"][4:] *= 60
    held["bv"][4:] *= 60
    held |= {"wf": np.concatenate([held[f"w{n}"] for n in "qkv"]), "bf": np.concatenate([held[f"b{n}"] for n in "qkv"])}
    return held | {"scale": np.array(0.01, np.float32)}


def spread(values, name, axes):
    return float(np.ptp(np.log2(np.abs(values[name]).max(axis=axes))))


@pytest.mark.parametrize("layers", [SEPARATE, FUSED], ids=["separate", "fused"])
@pytest.mark.parametrize("attention", [TOKEN_ATTENTION, CHANNEL_ATTENTION], ids=["tokens", "channels"])
def test_heads_even_out_and_results_stay(make_graph, normal, evaluate, weights, layers, attention):
    rows = [*layers, *attention]
    used = {name for _, read, _ in rows for name in read.split()}
    graph = make_graph(TOKENS, rows, {name: data for name, data in weights.items() if name in used})
    balanced = balance_heads(graph)
    feed = {"x": normal(1, 5, 8, seed=5)}
    before, after = (evaluate(each, feed, "q", "k", "v") for each in (graph, balanced))
    np.testing.assert_allclose(after["y"], before["y"], rtol=1e-5, atol=1e-5 * np.abs(before["y"]).max())
    assert spread(after, "v", (0, 2, 3)) < spread(before, "v", (0, 2, 3)) - 1.5
    ratios = [abs(np.log2(np.abs(found["q"]).max() / np.abs(found["k"]).max())) for found in (before, after)]
    assert (ratios[1] < ratios[0] / 2) == (attention is TOKEN_ATTENTION)
    moved = np.log2(np.abs(after["v"] / before["v"]))
    np.testing.assert_allclose(moved, np.rint(moved), atol=1e-3)


@pytest.mark.parametrize("name", ["q", "v"])
def test_what_is_read_elsewhere_stays(make_graph, weights, name):
    rows = [*SEPARATE, *TOKEN_ATTENTION, (Relu(), name, "z")]
    used = {read for _, reads, _ in rows for read in reads.split()}
    held = {key: data for key, data in weights.items() if key in used}
    balanced = balance_heads(make_graph(TOKENS, rows, held, ["y", "z"]))
    assert f"w{name}" in balanced.constants
    assert ("wq" in balanced.constants) == (name == "q")


def test_products_of_other_values_stay(make_graph, normal):
    rows = [(Gemm(), "x w", "a"), (Softmax(-1), "a", "b"), (MatMul(), "b x", "y")]
    graph = make_graph({"x": (1, 8, 8)}, rows, {"w": normal(8, 8)})
    assert balance_heads(graph) is graph
