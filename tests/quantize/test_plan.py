from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import GraphError
from edgeface.quantize.plan import QParams, QuantPlan, Stated, in_float32

WIDE = QParams((0.001,), 0, None, -32_767, 32_767)


def test_there_and_back_is_off_by_half_a_step_and_saturates(normal):
    params = QParams((5 / 255,), -26)
    numbers = np.clip(normal(1000), -1.9, 2.9)
    assert np.abs(params.dequantize(params.quantize(numbers)) - numbers).max() <= params.scale[0] / 2 + 1e-6
    assert params.quantize(np.array([-99.0, 99.0])).tolist() == [-128, 127]


def test_a_scale_for_each_index_of_an_axis():
    params = QParams((1.0, 10.0), axis=1)
    stored = params.quantize(np.array([[3.0, 30.0], [-4.0, 50.0]]))
    assert stored.tolist() == [[3, 3], [-4, 5]]
    assert params.dequantize(stored).tolist() == [[3, 30], [-4, 50]]


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (-128, 127, "int8"),
        (-127, 127, "int8"),
        (0, 127, "int8"),
        (0, 255, "uint8"),
        (1, 255, "uint8"),
        (-127, 128, "int16"),
        (-32_767, 32_767, "int16"),
    ],
)
def test_the_storage_type_follows_from_the_range_of_steps(low, high, dtype):
    params = QParams((1.0,), 0, None, low, high)
    assert params.dtype == dtype
    assert params.quantize(np.array([-1e9, 1e9])).tolist() == [low, high]
    assert params.quantize(np.zeros(1)).dtype == dtype


def test_sixteen_bits_are_256_times_as_fine(normal):
    numbers = normal(1000)
    errors = [
        np.abs(params.dequantize(params.quantize(numbers)) - numbers).max()
        for params in (QParams((4 / 127,), 0), QParams((4 / 32_767,), 0, None, -32_767, 32_767))
    ]
    assert errors[0] / errors[1] == pytest.approx(258, rel=0.05)


def test_every_value_has_a_dtype():
    plan = QuantPlan(
        {"a": QParams((0.1,)), "b": QParams((0.1,), 0, None, 0, 255), "c": WIDE, "d": QParams((0.1,))},
        {"c": Stated("int16", "boxes"), "d": Stated("float32", "scores"), "e": Stated("float16", "a test")},
    )
    found = {name: plan.dtype(name) for name in "abcdef"}
    wanted = {"a": "int8", "b": "uint8", "c": "int16", "d": "float32", "e": "float16", "f": "float32"}
    assert found == wanted
    assert plan.kept_float == {"d": "scores", "e": "a test"}
    assert QuantPlan(default="float16").dtype("f") == "float16"


@pytest.mark.parametrize(
    ("params", "what"), [({}, "has no scale"), ({"a": QParams((0.1,))}, "has a scale for int8")], ids=["none", "int8"]
)
def test_requested_integers_need_a_scale_of_their_dtype(params, what):
    with pytest.raises(GraphError, match=f"requested in int16 {what}") as caught:
        QuantPlan(params, {"a": Stated("int16", "a test")})
    assert caught.value.where == "tensor 'a'"
    QuantPlan({"a": WIDE}, {"a": Stated("int16", "a test")})
    QuantPlan(params, in_float32({"a": "a float needs none"}))


def test_what_has_no_scale_cannot_be_an_integer_by_default():
    with pytest.raises(GraphError, match="cannot be int8"):
        QuantPlan(default="int8")
