from __future__ import annotations

import math

import numpy as np
import pytest

from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tflite.delegation import Operator
from edgeface.devices.compare import Distance, distance
from edgeface.devices.trace import arithmetic_of, origins


def test_equal_bits_are_equal_even_for_nan():
    same = np.array([[math.nan, -0.0, math.inf, 1.5]], np.float32)
    assert distance(same, same.copy()) == Distance(4)
    assert distance(np.zeros(3, np.int8), np.zeros(3, np.int8)).identical
    assert distance(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32)) == Distance()


def test_a_difference_is_counted_and_measured():
    assert distance(np.array([1, 127, -128], np.int8), np.array([1, -128, -128], np.int8)) == Distance(3, 1, 255.0)
    assert distance(np.float32([0.0, 1]), np.float32([-0.0, 1])) == Distance(2, 1, 0.0)
    assert distance(np.float32([math.nan, 1]), np.float32([1, 1])).max_abs == math.inf
    assert distance(np.float32([math.nan]), np.float32([1])).as_dict()["max_abs"] is None


def test_distances_add_up():
    assert Distance(3, 1, 2.0) + Distance(4, 2, 1.0) == Distance(7, 3, 2.0)


class Chain:
    """quantize(x) → conv → float conv → conv, as the graph of a model."""

    def operators(self):
        names = ("QUANTIZE", "CONV_2D", "DEQUANTIZE", "CONV_2D", "QUANTIZE", "CONV_2D")
        return tuple(Operator(name, (i,), (i + 1,)) for i, name in enumerate(names))

    def tensors(self):
        dtypes = ("float32", "int8", "int8", "float32", "float32", "int8", "int8")
        return {i: TensorSpec(f"t{i}", (2,), dtype) for i, dtype in enumerate(dtypes)}


@pytest.fixture
def here():
    return {i: np.ones(2, spec.dtype) for i, spec in Chain().tensors().items()}


def changed(values, *indices):
    return {i: array + array.dtype.type(i in indices) for i, array in values.items()}


def test_only_operators_with_equal_inputs_introduce_a_difference(here):
    assert origins(Chain(), here, changed(here)) == []
    (found,) = origins(Chain(), here, changed(here, 4, 5, 6))
    assert (found.number, found.op, found.tensor, found.is_float) == (3, "CONV_2D", "t4", True)
    first, second = origins(Chain(), here, changed(here, 2, 6))
    assert (first.tensor, first.is_float, second.tensor, second.is_float) == ("t2", False, "t6", False)


def test_arithmetic_depends_on_operators_that_round():
    chain = Chain()
    assert arithmetic_of(chain.operators(), chain.tensors()) == "mixed"
    assert arithmetic_of(chain.operators()[:3], chain.tensors()) == "integer"
    assert arithmetic_of(chain.operators()[2:4], chain.tensors()) == "float"
