"""Element-wise functions and reductions from their ONNX forms to the graph and back: the same numbers in ONNX Runtime.

All forms of one opset are the outputs of one model.
"""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.errors import GraphError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops import ops_by_onnx_type
from edgeface.passes import run_passes

IMAGE = (1, 4, 6, 7)
MODULES = {"functions", "smooth_activations", "comparison", "extremes", "power", "reduction", "l2_normalize"}


def ints(*numbers):
    return np.array(numbers, np.int64)


def row(op_type, *reads, **attributes):
    """A node: reads are "x", "positive", "truth", arrays, or nothing for x."""
    return op_type, reads or ("x",), attributes


UNARY = ("Exp", "Neg", "Abs", "Floor", "Ceil", "Round", "Sign", "Erf")
SMOOTH = ("Elu", "Selu", "Celu", "Softplus", "Softsign", "Mish", "HardSigmoid")
REDUCTIONS = ("Mean", "Max", "Min", "Prod", "SumSquare", "L1", "L2", "LogSumExp")
ROWS = {
    23: [
        *map(row, UNARY + SMOOTH),
        *(row(name, "positive") for name in ("Log", "Sqrt", "Reciprocal")),
        *(
            row("Mish"),
            row("HardSigmoid"),
            row("HardSigmoid", alpha=1 / 6, beta=0.5),
            row("ThresholdedRelu", alpha=0.3),
        ),
        *(row("Elu", alpha=0.7), row("Celu", alpha=1.7), row("Selu", alpha=1.1, gamma=0.9)),
        *(row("Gelu"), row("Gelu", approximate="tanh")),
        *(row(name, "x", np.float32(0.1)) for name in ("Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal")),
        *(row("And", "truth", "other"), row("Or", "truth", "other"), row("Not", "truth")),
        *(row("Where", "truth", "x", np.float32(2)), row("Where", "truth", np.ones((4, 1, 1), np.float32), "x")),
        *(row(name, *reads) for name in ("Max", "Min", "Sum", "Mean") for reads in (["x"], ["x", "positive"])),
        *(row(name, "x", "positive", np.full((4, 1, 1), 0.2, np.float32)) for name in ("Max", "Min", "Sum", "Mean")),
        *(row("Pow", "positive", np.array(n, np.float32)) for n in (2, 0.5, -0.5, 3, -1, 1, 0, 1.7)),
        *(row("Pow", "x", np.array(n)) for n in (2, 3, 4)),
        *(row("Pow", "positive", "x"), row("Pow", "positive", np.array([2, 3, 0.5, 1], np.float32).reshape(4, 1, 1))),
        *(row(f"Reduce{name}", "x", ints(-1, 2), keepdims=n % 2) for n, name in enumerate(REDUCTIONS)),
        *(row(f"Reduce{name}", "x", ints(1), keepdims=1 - n % 2) for n, name in enumerate(REDUCTIONS)),
        *(row("ReduceMean", "x", ints(0, 1, 2, 3)), row("ReduceLogSum", "positive", ints(1)), row("ReduceMean", "x")),
        *(row("ReduceSum", "x"), row("ReduceSum", "x", "", noop_with_empty_axes=1), row("ReduceSum", "x", ints(2))),
        *(row("GlobalMaxPool"), row("LpNormalization", axis=1), row("LpNormalization")),
    ],
    24: [row("Swish"), row("Swish", alpha=1.3)],
    11: [
        *(row(f"Reduce{name}", axes=[-1, -2], keepdims=0) for name in ("Mean", "Sum", "L2", "Max")),
        *(
            row("ReduceMean", axes=[1]),
            row("ReduceSum", keepdims=0),
            row("Selu"),
            row("Pow", "positive", np.float32(2)),
        ),
    ],
}


def model_of(opset, rows, onnx_bytes):
    nodes, held = [helper.make_node(*node) for node in GIVEN], {"tenth": np.float32(0.1), "half": np.float32(0.5)}
    for number, (op_type, reads, attributes) in enumerate(rows):
        names = [each if isinstance(each, str) else f"c{number}_{i}" for i, each in enumerate(reads)]
        held |= {name: each for name, each in zip(names, reads, strict=True) if not isinstance(each, str)}
        nodes.append(helper.make_node(op_type, names, [f"y{number}"], name=f"{op_type} {number}", **attributes))
    return onnx_bytes(nodes, {"x": IMAGE}, [f"y{n}" for n in range(len(rows))], held, opset)


GIVEN = [
    ("LeakyRelu", ["x"], ["leak"]),
    ("Sigmoid", ["leak"], ["small"]),
    ("Add", ["small", "tenth"], ["positive"]),
    ("Greater", ["x", "tenth"], ["truth"]),
    ("Less", ["x", "half"], ["other"]),
]


@pytest.mark.parametrize("after", ["read", "passes"])
@pytest.mark.parametrize("opset", ROWS)
def test_every_form_is_read_and_written_with_the_same_meaning(onnx_bytes, normal, opset, after):
    model = model_of(opset, ROWS[opset], onnx_bytes)
    graph = read_onnx(model)
    if after == "passes":
        graph = run_passes(graph)
    feed = {"x": normal(*IMAGE)}
    expected = OrtRunner(model, optimize=False).run(feed)
    found = OrtRunner(write_onnx(graph), optimize=False).run(feed)
    for number, (op_type, *_) in enumerate(ROWS[opset]):
        name = f"y{number}"
        assert found[name].shape == graph.type(name).shape == expected[name].shape, op_type
        assert found[name].dtype == expected[name].dtype == graph.type(name).dtype, op_type
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-6, err_msg=f"{op_type} {number}")


def test_every_onnx_type_of_these_modules_has_a_form():
    here = {name for name, op in ops_by_onnx_type().items() if op.__module__.rpartition(".")[2] in MODULES}
    assert {op_type for rows in ROWS.values() for op_type, *_ in rows} == here


@pytest.mark.parametrize(
    ("says", "nodes"),
    [
        ("condition of truth values", [("Where", ["x", "x", "x"], ["y"])]),
        ("needs truth values", [("Not", ["x"], ["y"])]),
    ],
)
def test_operands_that_do_not_fit_are_refused_by_node(onnx_bytes, says, nodes):
    made = [helper.make_node(*node, name="the_node") for node in nodes]
    with pytest.raises(GraphError, match=says) as caught:
        read_onnx(onnx_bytes(made))
    assert "the_node" in (caught.value.where or "")
