"""A layer that multiplies nothing has no count below zero: it is refused."""

from __future__ import annotations

import pytest

from edgeface.cost.counter import count
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.work import Convolution, Deconvolution, Dense
from edgeface.errors import GraphError

FULL = [Convolution(3, 8, 9, 1, 16), Dense(8, 4), Deconvolution(3, 8, 9, 1, 16)]
EMPTY = [
    *(Convolution(*sizes) for sizes in ((0, 8, 9, 1, 16), (3, 0, 9, 1, 16), (3, 8, 0, 1, 16), (3, 8, 9, 1, 0))),
    *(Dense(*sizes) for sizes in ((0, 4), (8, 0), (8, 4, 0))),
    Deconvolution(3, 8, 0, 1, 16),
]


def network(work):
    tensors = {name: Tensor(name, (1, 4), "float32") for name in "xy"}
    return Network("sketch", "onnx", "nchw", ("x",), ("y",), (Layer("first", "Conv", ("x",), ("y",), work),), tensors)


@pytest.mark.parametrize("work", FULL, ids=str)
def test_layers_with_numbers_are_counted(work):
    found = count(network(work))
    assert (found.macs, found.lfr_flops) == (work.macs, work.lfr_flops)
    assert min(work.macs, work.lfr_flops) > 0


@pytest.mark.parametrize("work", EMPTY, ids=str)
def test_layers_without_numbers_are_refused_by_name(work):
    with pytest.raises(GraphError, match="multiplies nothing") as caught:
        count(network(work))
    assert caught.value.where == "first (Conv)"
