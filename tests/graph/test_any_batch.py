"""Models with a free first axis: several images at once give what each gives alone."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeface.backends import target
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.compile.open_source import open_source
from edgeface.compile.source import Declared
from edgeface.errors import RuntimeFailure
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import BATCH, write_onnx
from edgeface.graph.ops.activations import PRelu, Sigmoid, Softmax
from edgeface.graph.ops.arithmetic import Add, Concat, Mul
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Pad, Reshape, Slice, Transpose
from edgeface.graph.ops.spatial import AveragePool, GlobalAveragePool, MaxPool, Resize
from edgeface.passes import run_passes
from edgeface.quantize.plan import QuantPlan

IMAGE = (1, 4, 6, 8)
SHAPES = {"w": (4, 4, 3, 3), "b": (4,), "m": (5, 192), "s": (4, 1, 1), "k": (4, 4)}
CASES = {
    "convolution": [(Conv(pads=(1, 1, 1, 1)), "x w b", "y")],
    "nearest, twice": [(Resize((12, 16)), "x", "y")],
    "nearest, odd": [(Resize((7, 13)), "x", "y")],
    "nearest, smaller": [(Resize((3, 5)), "x", "y")],
    "linear": [(Resize((12, 16), "linear"), "x", "y")],
    "rows": [(Transpose((0, 2, 3, 1)), "x", "a"), (Reshape((1, 96, 2)), "a", "y")],
    "softmax of rows": [
        (Transpose((0, 2, 3, 1)), "x", "a"),
        (Reshape((1, 96, 2)), "a", "r"),
        (Softmax(-1), "r", "y"),
    ],
    "slice": [(Slice((0, 1, 2, 0), (1, 3, 6, 4)), "x", "y")],
    "concat": [(Slice((0, 0, 0, 0), (1, 1, 6, 8)), "x", "a"), (Concat(1), "x a", "y")],
    "concat of rows": [
        (Reshape((1, 8, 24)), "x", "a"),
        (Reshape((1, 16, 12)), "x", "c"),
        (Reshape((1, 8, 24)), "c", "d"),
        (Concat(1), "a d", "y"),
    ],
    "matrix product": [(Reshape((1, 192)), "x", "a"), (Gemm(), "a m", "y")],
    "pools and pad": [
        (MaxPool((2, 2), (2, 2)), "x", "a"),
        (Pad((0, 0, 1, 0, 0, 0, 0, 1)), "a", "c"),
        (AveragePool((2, 2)), "c", "y"),
    ],
    "squeeze and excite": [
        (GlobalAveragePool(), "x", "a"),
        (Reshape((1, 4)), "a", "c"),
        (Gemm(), "c k", "d"),
        (Sigmoid(), "d", "e"),
        (Reshape((1, 4, 1, 1)), "e", "f"),
        (Mul(), "x f", "y"),
    ],
    "prelu and sum": [(PRelu(), "x s", "a"), (Add(), "x a", "y")],
}


def rows_agree(model, shape, normal, seed, atol=0.0):
    """Run three images together, each alone, and the first alone again."""
    runner = OrtRunner(model)
    [spec] = runner.inputs
    images = normal(3, *shape[1:], seed=seed)
    together = runner.run({spec.name: images})
    for row in range(3):
        alone = runner.run({spec.name: images[row : row + 1]})
        assert list(alone) == list(together)
        for name, array in alone.items():
            assert array.shape[0] == 1
            scale = max(float(np.abs(array).max()), 1e-6)
            np.testing.assert_allclose(together[name][row : row + 1], array, rtol=0, atol=atol * scale, err_msg=name)
    return together


@pytest.mark.parametrize("name", CASES)
def test_images_together_give_what_each_gives_alone(make_graph, evaluate, normal, name):
    named = {read for _, reads, _ in CASES[name] for read in reads.split()}
    constants = {key: normal(*shape) for key, shape in SHAPES.items() if key in named}
    graph = make_graph({"x": IMAGE}, CASES[name], constants)
    together = rows_agree(write_onnx(graph, any_batch=True), IMAGE, normal, 1, atol=1e-6)
    assert together["y"].shape == (3, *graph.type("y").shape[1:])
    first = evaluate(graph, {"x": normal(3, *IMAGE[1:], seed=1)[:1]})["y"]
    np.testing.assert_allclose(together["y"][:1], first, rtol=1e-5, atol=1e-6)


def test_the_first_axis_of_inputs_and_outputs_is_named_and_the_rest_fixed(make_graph):
    graph = make_graph({"x": IMAGE}, [(Sigmoid(), "x", "a"), (Reshape((1, 192)), "a", "y")], outputs=["y", "a"])
    model = onnx.load_from_string(write_onnx(graph, any_batch=True))
    for value in (*model.graph.input, *model.graph.output):
        first, *rest = value.type.tensor_type.shape.dim
        assert first.dim_param == BATCH == "batch"
        assert [axis.dim_value for axis in rest] == list(graph.type(value.name).shape[1:])
    onnx.checker.check_model(model, full_check=True)


def test_without_it_the_batch_is_one(make_graph, normal):
    runner = OrtRunner(write_onnx(make_graph({"x": IMAGE}, [(Sigmoid(), "x", "y")])))
    with pytest.raises(RuntimeFailure):
        runner.run({"x": normal(3, *IMAGE[1:])})


@pytest.mark.parametrize("name", ["tensorrt-fp32", "tensorrt-int8"])
def test_a_detector_finds_in_a_batch_what_it_finds_alone(seeded_source, normal, name):
    wanted = target(name)
    graph = run_passes(run_passes(read_onnx(seeded_source.onnx)), wanted.legalize)
    plan = wanted.float_plan() if wanted.scheme is None else _observed_plan(graph, wanted.scheme, normal)
    model = wanted.emit_model(graph, plan, EmitOptions())
    together = rows_agree(
        model, graph.type(graph.inputs[0]).shape, normal, 3, atol=1e-4 if name.endswith("32") else 0.05
    )
    assert {array.shape[0] for array in together.values()} == {3}


def test_a_recognizer_embeds_in_a_batch_as_it_does_alone(normal):
    source = open_source(Declared("mobilefacenet", variant="y1", seed=1), [])
    wanted = target("tensorrt-fp32")
    graph = run_passes(run_passes(read_onnx(source.onnx)), wanted.legalize)
    model = wanted.emit_model(graph, QuantPlan(), EmitOptions())
    together = rows_agree(model, graph.type(graph.inputs[0]).shape, normal, 4, atol=1e-4)
    assert together["embedding"].shape == (3, 128)


def _observed_plan(graph, scheme, normal):
    from edgeface.quantize.build_plan import build_plan
    from edgeface.quantize.observe import observe, observed_onnx
    from edgeface.quantize.ranges import RangeRule

    [name] = graph.inputs
    feeds = [{name: normal(*graph.type(name).shape, seed=seed)} for seed in range(2)]
    return build_plan(graph, observe(graph, OrtRunner(observed_onnx(graph)).run, feeds), scheme, RangeRule("minmax"))
