"""Which target is quicker on a processor, in one sentence."""

from __future__ import annotations

import json

import pytest

from edgeface.cost.prices.advice import advice, every_advice
from edgeface.cost.prices.table import price_table

AVX2 = price_table("x86-avx2")


def record(own, other, table="x86-avx2", **more):
    predicted = {"tflite-int8": own, "tflite-fp32": other, **{f"tflite-{name}": us for name, us in more.items()}}
    return {"prices": {"decided_by": ["a72"], "predicted_us": {table: predicted}}}


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ((100.0, 200.0), "tflite-int8 is predicted 2.00 × as fast as tflite-fp32"),
        ((100.0, 200.0, 110.0), "tflite-int8 is predicted 2.00 × as fast as tflite-fp32"),
        (
            (120.0, 100.0),
            "tflite-fp32 is predicted 1.20 × as fast as tflite-int8: ship tflite-fp32 where size does not matter",
        ),
        ((120.0, 110.0, 100.0), "tflite-dynamic is predicted 1.20 × as fast as tflite-int8: ship tflite-dynamic"),
        ((101.0, 100.0), "tflite-int8 is predicted as fast as tflite-fp32, and smaller"),
    ],
)
def test_the_quickest_target_is_named(times, said):
    found = record(*times[:2], **({"dynamic": times[2]} if len(times) > 2 else {}))
    assert advice(found, AVX2) == advice(json.loads(json.dumps(found, sort_keys=True)), AVX2)
    assert advice(found, AVX2) == f"on this CPU (AVX2, no VNNI) {said}"


@pytest.mark.parametrize(
    ("quantization", "table"),
    [
        (None, AVX2),
        ({}, AVX2),
        (record(1.0, 2.0), None),
        (record(1.0, 2.0, "another"), AVX2),
        ({"prices": "none"}, AVX2),
        (record(0.0, 1.0), AVX2),
        (record(float("nan"), 1.0), AVX2),
        (record("quick", 1.0), AVX2),
    ],
)
def test_nothing_is_said_without_a_prediction(quantization, table):
    assert advice(quantization, table) is None


def test_the_device_that_decided_is_spoken_of_too():
    found = record(100.0, 200.0)
    found["prices"]["predicted_us"]["a72"] = {"tflite-int8": 100.0, "tflite-fp32": 150.0}
    here = "on this CPU (AVX2, no VNNI) tflite-int8 is predicted 2.00 × as fast as tflite-fp32"
    board = "on a Cortex-A72, no dot product, tflite-int8 is predicted 1.50 × as fast as tflite-fp32"
    assert every_advice(found, AVX2) == (here, board)
    assert every_advice(found, None) == (board,)
    assert every_advice(found, price_table("a72"))[0].startswith("on this CPU (Cortex-A72, no dot product)")
    found["prices"]["decided_by"] = ["a72", "x86-avx2"]
    assert every_advice(found, AVX2) == (here,)
    found["prices"]["decided_by"] = ["gone"]
    assert every_advice(found, AVX2) == (here,)
    assert every_advice(None, AVX2) == ()
