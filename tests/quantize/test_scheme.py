from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.quantize.scheme import Scheme

RANGES = [(-1.0, 3.0), (0.5, 3.0), (-3.0, -1.0), (0.0, 0.0), (-1e-3, 700.0)]
SYMMETRIC = Scheme("a test", symmetric_activations=True)
BOTH = Scheme("a test", symmetric_activations=True, unsigned=True)


@pytest.mark.parametrize("scheme", [TFLITE_INT8, ORT_U8S8, SYMMETRIC, BOTH], ids=["i8", "u8", "i8s", "u8s"])
@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_zero_is_exact_and_the_range_is_held(scheme, dtype, low, high):
    params = scheme.activation(low, high, dtype)
    assert params.dequantize(np.array([params.zero_point])).tolist() == [0.0]
    step = params.scale[0]
    assert params.range[0] <= min(low, 0) + step / 2 + 1e-9
    assert params.range[1] >= max(high, 0) - step / 2 - 1e-9
    assert params.low <= params.zero_point <= params.high


def test_unsigned_schemes_store_the_same_steps_128_higher():
    signed, unsigned = TFLITE_INT8.activation(-1.0, 3.0), ORT_U8S8.activation(-1.0, 3.0)
    assert (signed.dtype, unsigned.dtype) == ("int8", "uint8")
    assert unsigned.zero_point == signed.zero_point + 128
    assert unsigned.range == pytest.approx(signed.range)
    numbers = np.linspace(-2, 4, 50, dtype=np.float32)
    assert (unsigned.quantize(numbers) - signed.quantize(numbers).astype(int) == 128).all()
    assert unsigned.quantize(numbers).dtype == np.uint8


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_symmetric_activations_reach_as_far_below_zero_as_above(low, high):
    signed, unsigned = SYMMETRIC.activation(low, high), BOTH.activation(low, high)
    assert (signed.zero_point, signed.dtype, unsigned.zero_point, unsigned.dtype) == (0, "int8", 128, "uint8")
    assert signed.range == unsigned.range
    assert signed.range[0] == -signed.range[1]
    numbers = np.linspace(-2 * max(-low, high), 2 * max(-low, high), 99, dtype=np.float32)
    np.testing.assert_array_equal(signed.quantize(-numbers), -signed.quantize(numbers))
    np.testing.assert_array_equal(unsigned.quantize(numbers).astype(int) - 128, signed.quantize(numbers))


def test_symmetry_is_a_choice_that_costs_half_the_steps_of_what_is_never_negative():
    assert SYMMETRIC.activation(0.0, 6.0).scale[0] == pytest.approx(6 / 127)
    assert TFLITE_INT8.activation(0.0, 6.0).scale[0] == pytest.approx(6 / 255)
    assert TFLITE_INT8.activation(0.0, 6.0).zero_point == -128


@pytest.mark.parametrize("scheme", [TFLITE_INT8, ORT_U8S8], ids=["signed", "unsigned"])
def test_16_bits_are_signed_and_symmetric_whatever_the_8_are(scheme):
    params = scheme.activation(-1.0, 3.0, "int16")
    assert (params.dtype, params.zero_point, params.low, params.high) == ("int16", 0, -32_767, 32_767)
    assert params.scale[0] == pytest.approx(3 / 32_767)
