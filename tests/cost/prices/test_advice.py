"""Which target is quicker on a processor, in one sentence."""

from __future__ import annotations

import json

import pytest

from edgeface.cost.prices.advice import advice
from edgeface.cost.prices.table import price_table

AVX2 = price_table("x86-avx2")


def record(own, other, table="x86-avx2"):
    return {"prices": {"decided_by": ["a72"], "predicted_us": {table: {"tflite-int8": own, "tflite-fp32": other}}}}


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (100.0, 200.0, "tflite-int8 is predicted 2.0 × as fast as tflite-fp32"),
        (
            120.0,
            100.0,
            "tflite-fp32 is predicted 1.2 × as fast as tflite-int8: ship tflite-fp32 where size does not matter",
        ),
        (101.0, 100.0, "tflite-int8 is predicted as fast as tflite-fp32, and smaller"),
    ],
)
def test_the_quicker_target_is_named(own, other, said):
    found = record(own, other)
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
