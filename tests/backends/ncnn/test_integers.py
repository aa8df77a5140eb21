"""What ncnn computes in int8 is exactly what the plan says: against Q/DQ in ONNX Runtime, which computes in float."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.ncnn.activations import fuse_activations
from edgeface.backends.ncnn.inspect import inspect_ncnn
from edgeface.backends.ncnn.integers import NO_WINOGRAD, integer_forms
from edgeface.backends.ncnn.runner import NcnnRunner
from edgeface.backends.ncnn.stored import stored_values
from edgeface.backends.qdq.quantized import Placement, insert_quantization
from edgeface.backends.target import EmitOptions
from edgeface.errors import GraphError
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape
from edgeface.quantize.algorithms import choose
from edgeface.quantize.plan import QuantPlan, in_float32
from edgeface.quantize.precision import state_precision
from edgeface.quantize.quantize import QuantizeOptions, quantize

TARGET = target("ncnn-int8")
SAME = (1, 1, 1, 1)
FLOAT_VALUES = b" 28=1"
"""What says that values are stored in bfloat16; without it ncnn's arithmetic is exact enough to compare integers."""


@pytest.fixture
def quantized(observed, feeds):
    """A graph, quantized for ncnn, with weights rounded as recipes ask for or to the nearest."""

    def run(graph, nearest=False):
        stated = state_precision(graph, in_float32(TARGET.float_kinds), float_interface=True)
        stats = observed(graph, feeds(*graph.type("x").shape, count=3), *(("histograms",) if nearest else ()))
        rounded = () if nearest else (choose("second_moment_rounding", {}, ranges=False),)
        return quantize(graph, stats, TARGET.scheme, QuantizeOptions(algorithms=rounded, stated=stated))

    return run


@pytest.fixture
def opened(tmp_path):
    """A quantized graph in ncnn, with float32 values between integer layers."""

    def run(made):
        for name, content in TARGET.emit(made.graph, made.plan, EmitOptions()).items():
            (tmp_path / name).write_bytes(content.replace(FLOAT_VALUES, b"") if name.endswith(".param") else content)
        return NcnnRunner(tmp_path / "model.param", keep=True)

    return run


@pytest.fixture
def chain(make_graph, normal):
    """Convolutions of 8 channels, of which `middle` stands for the second to last."""

    def build(*middle, channels=8):
        rows = [(Conv(pads=SAME, activation="relu"), "x w0", "a"), *middle, (Conv(), f"{middle[-1][2]} w9", "y")]
        held = {"w0": normal(channels, 8, 3, 3), "w9": normal(4, channels, 1, 1), "b": normal(channels)}
        held |= {"w1": normal(channels, channels, 3, 3, seed=1), "d": normal(channels, 1, 3, 3, seed=2)}
        return make_graph({"x": (1, 8, 9, 11)}, rows, held, ["y"])

    return build


def as_planned(graph, plan, evaluate, feed):
    """The outputs by the plan: every input of an integer convolution is rounded, nothing else."""
    return evaluate(insert_quantization(graph, plan, Placement("convolved", "float")), feed)


MIDDLES = {
    "dense": [(Conv(pads=SAME, activation="relu"), "a w1 b", "m")],
    "stride and uneven padding": [(Conv(strides=(2, 2), pads=(0, 1, 1, 0), activation="relu"), "a w1 b", "m")],
    "no activation": [(Conv(pads=SAME), "a w1 b", "m")],
    "relu6": [(Conv(pads=SAME, activation="relu6"), "a w1", "m")],
    "clip of its own": [(Conv(pads=SAME), "a w1 b", "c"), (Clip(-2.0, 3.0), "c", "m")],
    "leaky relu": [(Conv(pads=SAME), "a w1 b", "c"), (LeakyRelu(0.1), "c", "m")],
    "depthwise": [(Conv(groups=8, pads=SAME, activation="relu"), "a d b", "m")],
    "two readers": [(Conv(pads=SAME), "a w1 b", "c"), (Conv(pads=SAME), "a w1", "e"), (Add(), "c e", "m")],
}


@pytest.mark.parametrize("name", MIDDLES)
def test_integers_are_those_of_the_plan(chain, quantized, opened, evaluate, feeds, name):
    made = quantized(chain(*MIDDLES[name]))
    (feed,) = feeds(1, 8, 9, 11, count=1)
    wanted = as_planned(made.graph, made.plan, evaluate, feed)["y"]
    found = opened(made).run(feed)["y"]
    # ncnn rounds halves away from zero, and x86's depthwise kernels take a rough reciprocal: a step here and there.
    assert np.median(np.abs(found - wanted)) < 1e-6 * np.abs(wanted).max()
    assert np.abs(found - wanted).max() < 0.02 * np.abs(wanted).max()


def test_a_product_with_one_row_is_computed_in_integers(make_graph, normal, quantized, opened, evaluate, feeds):
    rows = [(Conv(activation="relu"), "x w", "a"), (Reshape((1, 32)), "a", "r"), (Gemm(), "r v b", "y")]
    held = {"w": normal(8, 8, 2, 2), "v": normal(5, 32), "b": normal(5)}
    made = quantized(make_graph({"x": (1, 8, 3, 3)}, rows, held))
    (feed,) = feeds(1, 8, 3, 3, count=1)
    wanted = as_planned(made.graph, made.plan, evaluate, feed)["y"]
    assert made.plan.dtype("y") == "int8"
    assert np.allclose(opened(made).run(feed)["y"], wanted, atol=1e-4)


def test_zero_is_at_the_end_where_a_relus_integers_are_handed_on_and_amid_them_elsewhere(chain, quantized):
    plan = quantized(chain(*MIDDLES["dense"])).plan
    assert (plan.params["a"].zero_point, plan.params["m"].zero_point, plan.params["x"].zero_point) == (-127, -127, 0)
    leaky = quantized(chain(*MIDDLES["leaky relu"])).plan
    assert (leaky.params["a"].zero_point, leaky.params["m"].zero_point) == (-127, 0)
    read_by_float = quantized(chain(*MIDDLES["two readers"])).plan
    assert (read_by_float.params["a"].zero_point, read_by_float.params["m"].zero_point) == (-127, 0)


def test_a_value_that_a_float_layer_reads_is_not_handed_on_as_integers(chain, quantized):
    made = quantized(chain(*MIDDLES["two readers"]))
    fused = fuse_activations(made.graph)[0]
    assert {each.value for each in stored_values(made.graph, made.plan, fused).values()} == {"a"}


@pytest.mark.parametrize(
    "after",
    [
        [(LeakyRelu(0.1), "c", "m")],
        [(PRelu(), "c slope", "m")],
        [(Add(), "c a", "m")],
    ],
)
def test_a_depthwise_convolution_that_does_not_hand_on_shifted_integers_stays_in_float(
    chain, make_graph, normal, quantized, opened, after
):
    graph = chain((Conv(groups=8, pads=SAME), "a d b", "c"), *[row for row in after if not isinstance(row[0], PRelu)])
    if isinstance(after[0][0], PRelu):
        rows = [
            (Conv(pads=SAME, activation="relu"), "x w", "a"),
            (Conv(groups=8, pads=SAME), "a d", "c"),
            (PRelu(), "c slope", "m"),
            (Conv(), "m v", "y"),
        ]
        held = {"w": normal(8, 8, 3, 3), "d": normal(8, 1, 3, 3), "slope": np.full((8, 1, 1), 0.25, np.float32)}
        graph = make_graph({"x": (1, 8, 9, 11)}, rows, {**held, "v": normal(4, 8, 1, 1)})
    made = quantized(graph)
    assert made.plan.dtype("c") == "float32"
    assert "slow" in made.plan.kept_float["c"]
    assert made.plan.dtype("y") == "int8"
    assert opened(made).network.layers[2].params.get(8, 0) == 0


def test_a_value_inside_is_read_as_the_numbers_that_its_integers_stand_for(chain, quantized, opened, evaluate, feeds):
    made = quantized(chain(*MIDDLES["dense"]))
    (feed,) = feeds(1, 8, 9, 11, count=1)
    real = evaluate(made.graph, feed, "a")["a"]
    found = opened(made).blobs(feed, ["a"])["a"]
    scale = made.plan.params["a"].scale[0]
    assert np.abs(found - np.minimum(real[0], made.plan.params["a"].range[1])).max() < 4 * scale
    assert found.min() == 0.0


def test_sums_too_large_for_winograds_transforms_are_computed_without(chain, quantized, evaluate, opened, feeds):
    made = quantized(chain(*MIDDLES["dense"]))
    forms = integer_forms(made.graph, made.plan, fuse_activations(made.graph)[0])
    assert 31 not in forms["m"].params
    wide = chain(*MIDDLES["dense"], channels=256)
    large = {**wide.constants, "w1": np.sign(wide.constants["w1"])}
    made = quantized(wide.rebuild(wide.nodes, large), nearest=True)
    forms = integer_forms(made.graph, made.plan, fuse_activations(made.graph)[0])
    assert forms["m"].params[31] == NO_WINOGRAD
    (feed,) = feeds(1, 8, 9, 11, count=1)
    wanted = as_planned(made.graph, made.plan, evaluate, feed)["y"]
    assert np.median(np.abs(opened(made).run(feed)["y"] - wanted)) < 1e-4 * np.abs(wanted).max()


def test_a_zero_where_ncnn_rounds_float_numbers_is_refused(chain, quantized):
    made = quantized(chain(*MIDDLES["dense"]))
    moved = {**made.plan.params, "x": replace(made.plan.params["x"], zero_point=3)}
    with pytest.raises(GraphError, match="cannot have zero at 3"):
        TARGET.emit(made.graph, QuantPlan(moved, made.plan.stated), EmitOptions())


def test_the_stem_and_what_is_no_convolution_are_in_float(make_graph, normal, quantized, opened, tmp_path):
    rows = [(Conv(pads=SAME), "x w", "a"), (Conv(), "a v", "c"), (Add(), "a c", "s"), (Conv(), "s v", "y")]
    made = quantized(make_graph({"x": (1, 3, 6, 5)}, rows, {"w": normal(8, 3, 3, 3), "v": normal(8, 8, 1, 1)}))
    assert {name: made.plan.dtype(name) for name in ("a", "c", "s", "y")} == {
        **{"a": "float32", "c": "int8"},
        **{"s": "float32", "y": "int8"},
    }
    layers = {layer.outputs[0].removesuffix("/made"): layer for layer in opened(made).network.layers}
    assert [layers[name].params.get(8, 0) for name in ("a", "c", "y")] == [0, 1, 1]
    assert inspect_ncnn(tmp_path / "model.param").facts["integer_layers"] == 2


def test_the_same_graph_gives_the_same_bytes(chain, quantized):
    once, again = (quantized(chain(*MIDDLES["depthwise"])) for _ in range(2))
    assert TARGET.emit(once.graph, once.plan, EmitOptions()) == TARGET.emit(again.graph, again.plan, EmitOptions())
