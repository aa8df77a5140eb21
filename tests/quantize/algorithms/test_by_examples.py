"""Corrections by images: means are those of float, order of layers, limits of kernels, and images are required."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.onnx.limit_pair_sums import PAIR_LIMIT, pair_reach
from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.compile.open_source import open_source
from edgeface.compile.source import Declared
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.ops.conv import Conv
from edgeface.passes import run_passes
from edgeface.quantize.plan import in_float32
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.replay import Replay
from edgeface.quantize.settings import QuantizeSettings

IMAGE = (1, 6, 8, 8)
SAME = (1, 1, 1, 1)
EXACT = {"certainty": 0.0}


@pytest.fixture
def graph(make_graph, normal):
    """Dense with ReLU → depthwise → grouped → dense."""
    rows = [
        (Conv(activation="relu"), "x w0 b0", "a"),
        (Conv(groups=6, pads=SAME), "a w1 b1", "c"),
        (Conv(groups=2, pads=SAME, strides=(2, 2)), "c w2 b2", "d"),
        (Conv(), "d w3 b3", "y"),
    ]
    weights = {"w0": (6, 6, 1, 1), "w1": (6, 1, 3, 3), "w2": (4, 3, 3, 3), "w3": (5, 4, 1, 1)}
    biases = {f"b{name[1]}": normal(shape[0]) for name, shape in weights.items()}
    return make_graph({"x": IMAGE}, rows, {name: normal(*shape) for name, shape in weights.items()} | biases)


@pytest.fixture
def corrected(graph, observed, feeds, examples):
    def run(*algorithms, scheme=TFLITE_INT8, given=None, parameters=None, **options):
        chosen = QuantizeSettings(algorithms=algorithms, parameters=parameters or {}).chosen
        shown = examples(given or feeds(*IMAGE, count=12))
        stats = observed(graph, feeds(*IMAGE, count=12))
        return quantize(graph, stats, scheme, QuantizeOptions(RangeRule("minmax"), chosen, examples=shown, **options))

    return run


def mean_errors(made, given):
    """The mean difference of each channel before its activation, by output, with earlier layers as they are."""
    replay, found = Replay(made.exact, made.plan, given, given.count), {}
    for node in made.graph.nodes:
        constants = {name: made.graph.constant(name) for name in node.inputs if made.graph.constant(name) is not None}
        if isinstance(node.op, Conv):
            linear, read = replace(node, op=replace(node.op, activation="none")), node.inputs[0]
            exact = replay.evaluate(linear, replay.constants(node), {read: replay.exact[read]})
            rounded = replay.evaluate(linear, replay.on_grid(node, constants), {read: replay.read(node, read)})
            found[node.output] = np.mean([a - b for a, b in zip(exact, rounded, strict=True)], axis=(0, 1, 3, 4))
        replay.advance(node, constants)
    return found


def test_corrected_biases_give_every_layer_the_mean_that_it_has_in_float(corrected, examples, feeds):
    given = examples(feeds(*IMAGE, count=12))
    before = mean_errors(corrected("second_moment_rounding"), given)
    after = mean_errors(
        corrected("second_moment_rounding", "bias_correction", parameters={"bias_correction": EXACT}), given
    )
    for name in "acdy":
        assert np.abs(before[name]).max() > 1e-4
        np.testing.assert_allclose(after[name], 0, atol=1e-5)  # float32; layers before are corrected first


def test_bias_correction_leaves_weights_and_float_layers(graph, corrected):
    kept = in_float32({"d": "a test"})
    plain = corrected("second_moment_rounding", stated=kept)
    made = corrected("second_moment_rounding", "bias_correction", stated=kept, parameters={"bias_correction": EXACT})
    same = {name for name, data in made.graph.constants.items() if np.array_equal(data, plain.graph.constants[name])}
    assert same == {"w0", "w1", "w2", "w3", "b2"}
    np.testing.assert_array_equal(made.graph.constants["b2"], graph.constants["b2"])


def test_an_uncertain_difference_is_corrected_less(corrected):
    def shift(certainty):
        made = corrected("bias_correction", parameters={"bias_correction": {"certainty": certainty}})
        return np.abs(made.graph.constants["b0"] - made.exact.constants["b0"]).sum()

    assert shift(0.0) > shift(1.0) > shift(100.0) == 0.0


def test_input_aware_rounding_serves_unseen_images_better_than_rounding_to_nearest(corrected, evaluate, feeds):
    made = corrected("input_aware_rounding")
    nearest = made.exact.rebuild(
        constants={
            name: made.plan.params[name].dequantize(made.plan.params[name].quantize(data))
            for name, data in made.exact.constants.items()
            if name in made.plan.params
        }
    )
    errors = {"aware": 0.0, "nearest": 0.0}
    for feed in feeds(*IMAGE, count=20)[12:]:
        exact = evaluate(made.exact, feed)["y"]
        errors["aware"] += np.square(evaluate(made.graph, feed)["y"] - exact).sum()
        errors["nearest"] += np.square(evaluate(nearest, feed)["y"] - exact).sum()
    assert errors["aware"] < errors["nearest"]


def test_input_aware_rounding_compensates_for_inputs_that_are_clipped(graph, corrected, feeds, evaluate):
    """The plan covers half of the input's range, so most inputs are too small: later weights and biases make up."""
    narrow = {"x": (-1.0, 1.0)}

    def error(*algorithms):
        made = corrected(*algorithms, known=narrow)
        grid = made.plan.params["x"]
        given = feeds(*IMAGE, count=20)[12:]
        clipped = [{"x": grid.dequantize(grid.quantize(feed["x"]))} for feed in given]
        return sum(
            np.square(evaluate(made.graph, c)["y"] - evaluate(graph, f)["y"]).sum()
            for c, f in zip(clipped, given, strict=True)
        )

    assert error("input_aware_rounding") < 0.7 * error("second_moment_rounding")


def test_rounded_weights_keep_the_limits_of_kernels(corrected):
    made = corrected("input_aware_rounding", scheme=ORT_U8S8)
    for name in ("w0", "w2", "w3"):
        params = made.plan.params[name]
        stored = params.quantize(made.graph.constants[name])
        assert pair_reach(stored).max() <= PAIR_LIMIT
        np.testing.assert_array_equal(params.dequantize(stored), made.graph.constants[name])


@pytest.mark.parametrize("algorithm", ["bias_correction", "input_aware_rounding"])
def test_the_same_images_give_the_same_bytes(corrected, algorithm):
    first, second = (corrected(algorithm).graph.constants for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("algorithm", ["bias_correction", "input_aware_rounding"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_correction_that_runs_images_is_refused_without_them(graph, observed, feeds, examples, algorithm, empty):
    options = QuantizeOptions(
        RangeRule("minmax"),
        QuantizeSettings(algorithms=(algorithm,)).chosen,
        examples=examples([]) if empty else None,
    )
    with pytest.raises(InputError, match=f"{algorithm} runs calibration images, and there are none") as caught:
        quantize(graph, observed(graph, feeds(*IMAGE)), TFLITE_INT8, options)
    assert "--calibration DIR, beside --statistics too" in caught.value.fix


@pytest.mark.slow
def test_a_real_recognizer_in_integers_gets_the_means_that_it_has_in_float(shared_data, observed, examples):
    checkpoint = shared_data / "weights/mobilefacenet_relu6_128.pt"
    source = open_source(Declared("mobilefacenet", variant="relu6-128", weights=checkpoint), [])
    graph = run_passes(run_passes(read_onnx(source.onnx, "mobilefacenet")), target("tflite-int8").legalize)
    (name,), image = graph.inputs, cv2.imread(str(min((shared_data / "scenes").iterdir())))
    crops = [image[:112, x : x + 112].transpose(2, 0, 1)[None] for x in range(0, 448, 112)]
    given = [{name: (crop.astype(np.float32) - 127.5) / 128} for crop in crops]
    stats, error = observed(graph, given), {}
    for algorithms in ((), ("bias_correction",)):
        parameters = {"bias_correction": EXACT} if algorithms else {}
        chosen = QuantizeSettings(algorithms=algorithms, parameters=parameters).chosen
        made = quantize(
            graph, stats, TFLITE_INT8, QuantizeOptions(RangeRule("minmax"), chosen, examples=examples(given))
        )
        error[algorithms] = np.abs(mean_errors(made, examples(given))[graph.nodes[-2].output]).mean()
    assert error["bias_correction",] < 0.01 * error[()]
