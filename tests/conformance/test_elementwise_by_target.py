"""Element-wise functions and reductions by target: exact in float, and among int8 convolutions in the real runtimes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.lowerings import lowerings
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops import comparison, functions, l2_normalize, reduction, smooth_activations
from edgeface.graph.ops.activations import Sigmoid
from edgeface.graph.ops.arithmetic import Add, Concat, Div, Mul, Sub
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.extremes import Max, Mean, Min, Sum
from edgeface.graph.ops.local_response_norm import LocalResponseNorm
from edgeface.graph.ops.power import Pow
from edgeface.graph.types import TensorType
from edgeface.passes import run_passes
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.derive import derive
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.plan import QuantPlan, in_float32
from edgeface.quantize.precision import state_precision
from edgeface.quantize.ranges import RangeRule

MODULES = (comparison, functions, l2_normalize, reduction, smooth_activations)
EVERY = [value for module in MODULES for value in vars(module).values() if isinstance(value, type)]
UNARY = [op for op in EVERY if issubclass(op, functions.Function) and op.onnx_types] + [l2_normalize.L2Normalize]
POSITIVE = {functions.Exp, functions.Log, functions.Sqrt, functions.Reciprocal}
POSITIVE |= {reduction.ReduceLogSum, reduction.ReduceProd}
REDUCTIONS = [op for op in EVERY if issubclass(op, reduction.Reduce) and op.onnx_types]
COMPARISONS = [op for op in EVERY if issubclass(op, comparison.Comparison) and op.onnx_types]
STEPS = {functions.Floor, functions.Ceil, functions.Round, functions.Sign, *COMPARISONS}
COARSE = {op.__name__ for op in (*STEPS, smooth_activations.ThresholdedRelu)}
"""What jumps: one step of int8 before it decides about a jump after it."""
SHAPE = (1, 3, 8, 6)
CONSTANTS = {
    "one": np.array(1, np.float32),
    "two": np.array(2, np.float32),
    "half": np.array(0.5, np.float32),
    "channels": np.linspace(-1, 1, 4, dtype=np.float32).reshape(4, 1, 1),
    "powers": np.array([2, 1.5, 0.7, 3], np.float32).reshape(4, 1, 1),
}


def positive(*rows):
    return ((Sigmoid(), "a", "s"), (Add(), "s half", "p"), *rows)


def cases():
    """Rows from "a" (a convolution's result) to "f" by the name of what they test."""
    found: dict[str, tuple] = {}
    for op in UNARY:
        read = positive((op(), "p", "f")) if op in POSITIVE else ((op(), "a", "f"),)
        found[op.__name__] = read
    found["Elu 0.7"] = ((smooth_activations.Elu(0.7), "a", "f"),)
    found["Gelu tanh"] = ((smooth_activations.Gelu("tanh"), "a", "f"),)
    found["Hard sigmoid of a gate"] = ((smooth_activations.HardSigmoid(1 / 6), "a", "g"), (Mul(), "a g", "f"))
    for op in REDUCTIONS:
        for axes in ((1,), (2, 3), (3,)) if op.expand is Op.expand else ((1, 3),):
            reduced = (op(axes), "a" if op not in POSITIVE else "p", "r")
            rows = (reduced, (Add(), "a r", "f")) if op not in POSITIVE else positive(reduced, (Add(), "a r", "f"))
            found[f"{op.__name__} {axes}"] = rows
    del found["ReduceProd (2, 3)"]  # a product of 48 numbers is 48 times as far off as they are
    for op in COMPARISONS:
        truth = op in {comparison.And, comparison.Or}
        first = ((comparison.Greater(), "a half", "t"), (comparison.Less(), "a two", "l")) if truth else ()
        rows = (*first, (op(), "t l" if truth else "a half", "c"), (comparison.Not(), "c", "n"))
        found[op.__name__] = (*rows, (comparison.Where(), "n a b", "f"))
    for op in (Max, Min, Sum, Mean):
        found[op.__name__] = ((op(), "a b channels", "f"),)
    for power in ("two", "half", "powers"):
        found[f"Pow {power}"] = positive((Pow(), f"p {power}", "f"))
    found["Div"] = positive((Div(), "a p", "f"))
    found["Div of a number"] = positive((Div(), "one p", "f"))
    found["Sub from a number"] = ((Sub(), "one a", "f"),)
    found["Mul by a number on the left"] = ((Mul(), "two a", "f"),)
    found["LocalResponseNorm"] = ((LocalResponseNorm(3, 0.5), "a", "f"),)
    found["mean and max of channels"] = (
        (reduction.ReduceMean((1,)), "a", "m"),
        (reduction.ReduceMax((1,)), "a", "n"),
        (Concat(1), "m n", "f"),
    )
    return found


CASES = cases()


@cache
def built(name: str) -> tuple[Graph, tuple[dict, ...]]:
    """A convolution, the case, and a convolution, after the passes; and images like photographs: smooth, and noisy."""
    random = np.random.default_rng([*name.encode()])
    channels = 2 if name.startswith("mean and max") else 4
    weights = {"w": (4, 3, 3, 3), "v": (4, 3, 3, 3), "u": (5, channels, 1, 1)}
    drawn = {key: (random.normal(size=shape) * 0.4).astype(np.float32) for key, shape in weights.items()}
    drawn |= {"e": random.normal(size=4).astype(np.float32)}
    rows = [(Conv(pads=(1, 1, 1, 1)), "x w e", "a"), (Conv(pads=(1, 1, 1, 1)), "x v", "b"), *CASES[name]]
    rows.append((Conv(), "f u", "y"))
    used = {key for _, read, _ in rows for key in read.split()}
    nodes = [Node(op, tuple(read.split()), (made,), made) for op, read, made in rows]
    constants = {key: data for key, data in {**CONSTANTS, **drawn}.items() if key in used}
    graph = run_passes(Graph.build("g", [Value("x", TensorType(SHAPE))], ["y"], nodes, constants))
    hills = np.sin(np.arange(8)[:, None] / 3 + np.arange(6) / 2 + np.arange(3)[:, None, None])
    feeds = [(hills * n / 4 + random.normal(size=SHAPE) * 0.7).astype(np.float32) for n in range(2, 6)]
    return graph, tuple({"x": feed} for feed in feeds)


def run(name, model, feeds):
    layout = target(name).layout
    shown = FloatRunner(LiteRtRunner(model) if layout == "nhwc" else OrtRunner(model), layout)
    return np.stack([shown.run(feed)["y"] for feed in feeds])


def expected_of(graph, feeds):
    runner = OrtRunner(write_onnx(graph), optimize=False)
    return np.stack([runner.run(feed)["y"] for feed in feeds])


@pytest.mark.parametrize("case", CASES)
def test_float_targets_compute_what_onnx_runtime_does(case):
    graph, feeds = built(case)
    expected = expected_of(graph, feeds)
    for name, tolerance in (("tflite-fp32", 1e-5), ("tflite-fp16", 2e-3))[: 1 if case in COARSE else 2]:
        legal = run_passes(graph, target(name).legalize)
        found = run(name, target(name).emit_model(legal, QuantPlan(), EmitOptions()), feeds)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() <= tolerance * max(1.0, np.abs(expected).max()), name


def plan_of(graph, feeds, name):
    """The int8 plan as an export makes it, and the graph in the target's integer forms."""
    aim = target(name)
    stats = observe(graph, OrtRunner(observed_onnx(graph), optimize=False).run, feeds)
    legal = run_passes(graph, aim.legalize)
    stated = state_precision(legal, in_float32(aim.float_kinds), True)
    kept = {value for value, asked in stated.items() if asked.is_float}
    legal = legal if aim.integer_forms is None else aim.integer_forms(legal, kept)
    stated = state_precision(legal, in_float32(aim.float_kinds), True)
    return legal, build_plan(legal, derive(legal, stats), aim.scheme, RangeRule("minmax"), stated=stated)


@pytest.mark.parametrize("case", CASES)
def test_among_int8_convolutions_the_signal_stays_25_db_above_the_noise(case):
    graph, feeds = built(case)
    expected = expected_of(graph, feeds)
    for name in ("tflite-int8", "onnx-int8"):
        legal, plan = plan_of(graph, feeds, name)
        found = run(name, target(name).emit_model(legal, plan, EmitOptions()), feeds)
        noise = np.sqrt(np.mean((found - expected) ** 2))
        assert 20 * np.log10(expected.std() / noise) >= (15 if case in COARSE else 25), name


def test_every_op_with_a_lowering_has_a_case():
    here = {op for op in lowerings() if op.__module__.rpartition(".")[2] in ELSEWHERE}
    assert here <= {type(op) for rows in CASES.values() for op, *_ in rows}


ELSEWHERE = {"functions", "smooth_activations", "comparison", "extremes", "power", "reduction", "local_response_norm"}
