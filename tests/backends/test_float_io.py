from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.float_io import FloatRunner, dequantize, quantize, round_half_away
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.errors import InputError, RuntimeFailure


def test_an_nhwc_model_takes_and_gives_nchw_images(tflite_chain):
    runner = FloatRunner(LiteRtRunner(tflite_chain()), "nhwc")
    assert runner.inputs[0].shape == (1, 8, 4, 6)
    image = np.random.default_rng(0).normal(size=(1, 8, 4, 6)).astype(np.float32)
    assert runner.outputs[0].shape == (1, 8, 4, 6)
    np.testing.assert_allclose(runner.run({"image": image})["boxes"], image + 0.5, rtol=1e-6)


def test_an_nchw_model_is_left_as_it_is(onnx_file):
    runner = FloatRunner(OrtRunner(onnx_file), "nchw")
    image = np.ones((1, 3, 4, 6), np.float32)
    np.testing.assert_array_equal(runner.run({"image": image})["boxes"], image + 0.5)


def test_int8_tensors_are_quantized_and_dequantized(tflite_int8):
    runner = FloatRunner(LiteRtRunner(tflite_int8), "nhwc")
    image = np.linspace(-4, 4, 48, dtype=np.float32).reshape(1, 8, 2, 3)
    out = runner.run({"image": image})["boxes"]
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, np.maximum(image, 0), atol=0.25)


def test_halves_round_away_from_zero_and_ends_saturate():
    spec = TensorSpec("x", (6,), "int8", 1.0, 0)
    stored = quantize(np.array([0.5, -0.5, 1.5, 2.5, 1000, -1000], np.float32), spec)
    assert stored.dtype == np.int8
    assert stored.tolist() == [1, -1, 2, 3, 127, -128]


def test_the_float_just_below_a_half_rounds_down():
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert round_half_away(np.array([below, -below], np.float32)).tolist() == [0.0, 0.0]


def test_uint8_with_a_zero_point_returns_what_it_stored():
    spec = TensorSpec("x", (256,), "uint8", 0.25, 128)
    stored = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(quantize(dequantize(stored, spec), spec), stored)


def test_infinity_saturates_and_nan_is_refused():
    spec = TensorSpec("x", (2,), "int8", 0.1, 5)
    assert quantize(np.array([np.inf, -np.inf], np.float32), spec).tolist() == [127, -128]
    with pytest.raises(InputError, match="NaN"):
        quantize(np.array([np.nan, 0], np.float32), spec)


def test_an_unknown_layout_and_an_unknown_input_are_refused(onnx_file):
    with pytest.raises(InputError, match="nchw8"):
        FloatRunner(OrtRunner(onnx_file), "nchw8")
    with pytest.raises(RuntimeFailure, match="pixels"):
        FloatRunner(OrtRunner(onnx_file)).run({"pixels": np.zeros(1, np.float32)})


def test_an_input_written_where_the_model_reads_it_gives_the_same(tflite_chain, tflite_int8, onnx_file):
    runner = FloatRunner(LiteRtRunner(tflite_chain()), "nhwc")
    assert runner.is_fillable
    assert not FloatRunner(LiteRtRunner(tflite_int8), "nhwc").is_fillable
    assert not FloatRunner(OrtRunner(onnx_file), "nchw").is_fillable
    for seed in range(3):
        image = np.random.default_rng(seed).normal(size=(1, 8, 4, 6)).astype(np.float32)
        found = runner.run_filled(lambda given, image=image: np.copyto(given, image))
        assert found["boxes"].tobytes() == runner.run({"image": image})["boxes"].tobytes()


def test_an_error_while_an_input_is_written_leaves_the_runner_usable(tflite_chain):
    runner, image = FloatRunner(LiteRtRunner(tflite_chain()), "nhwc"), np.ones((1, 8, 4, 6), np.float32)

    def fail(_given):
        raise InputError("no image")

    with pytest.raises(InputError, match="no image"):
        runner.run_filled(fail)
    np.testing.assert_allclose(runner.run({"image": image})["boxes"], image + 0.5, rtol=1e-6)
