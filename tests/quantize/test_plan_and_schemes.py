from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.quantize.plan import QParams


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.5, 3.0), (-3.0, -1.0), (0.0, 0.0), (-1e-3, 700.0)])
def test_zero_is_exact_and_the_range_is_held(low, high):
    params = TFLITE_INT8.activation(low, high)
    assert params.dequantize(np.array([params.zero_point])).tolist() == [0.0]
    step = params.scale[0]
    assert params.range[0] <= min(low, 0) + step / 2 + 1e-9
    assert params.range[1] >= max(high, 0) - step / 2 - 1e-9
    assert -128 <= params.zero_point <= 127


def test_unsigned_schemes_store_the_same_steps_128_higher():
    signed, unsigned = TFLITE_INT8.activation(-1.0, 3.0), ORT_U8S8.activation(-1.0, 3.0)
    assert (signed.dtype, unsigned.dtype) == ("int8", "uint8")
    assert unsigned.zero_point == signed.zero_point + 128
    assert unsigned.range == pytest.approx(signed.range)
    numbers = np.linspace(-2, 4, 50, dtype=np.float32)
    assert (unsigned.quantize(numbers) - signed.quantize(numbers).astype(int) == 128).all()
    assert unsigned.quantize(numbers).dtype == np.uint8


def test_there_and_back_is_off_by_half_a_step_and_saturates(normal):
    params = TFLITE_INT8.activation(-2.0, 3.0)
    numbers = np.clip(normal(1000), -1.9, 2.9)
    assert np.abs(params.dequantize(params.quantize(numbers)) - numbers).max() <= params.scale[0] / 2 + 1e-6
    assert params.quantize(np.array([-99.0, 99.0])).tolist() == [-128, 127]


def test_a_scale_for_each_index_of_an_axis():
    params = QParams((1.0, 10.0), axis=1)
    stored = params.quantize(np.array([[3.0, 30.0], [-4.0, 50.0]]))
    assert stored.tolist() == [[3, 3], [-4, 5]]
    assert params.dequantize(stored).tolist() == [[3, 30], [-4, 50]]
