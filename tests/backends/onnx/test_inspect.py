from __future__ import annotations

import pytest

from edgeface.backends.onnx.inspect import requirements
from edgeface.backends.onnx.kernels import OrtKernels


@pytest.fixture
def kernels():
    """`kernels(left, unplanned)`: seven planned convolutions."""

    def make(left, unplanned):
        return OrtKernels({}, 7, 7 - len(left) + unplanned, len(left), tuple(left), unplanned)

    return make


def test_five_are_named_and_all_are_counted(kernels):
    requirement, other = requirements(kernels([f"conv{index}" for index in range(7)], 0))
    assert requirement.measured == "7: conv0, conv1, conv2, conv3, conv4"
    assert (requirement.met, other.met) == (False, True)


def test_float_convolutions_computed_in_integers_fail_too(kernels):
    whole, requirement = requirements(kernels([], 2))
    assert whole.met
    assert requirement.what == "float convolutions that ONNX Runtime computes in integers"
    assert (requirement.limit, requirement.measured, requirement.met) == ("0", "2", False)
