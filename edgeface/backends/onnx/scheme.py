"""The scheme of ONNX Runtime's integer kernels: uint8 activations, int8 weights."""

from __future__ import annotations

from edgeface.backends.avoid_ties import avoid_ties
from edgeface.backends.onnx.limit_pair_sums import limit_pair_sums, spread_pairs
from edgeface.graph.ops.activations import Sigmoid, Softmax
from edgeface.graph.ops.moves import MOVES
from edgeface.graph.ops.spatial import MaxPool, Resize
from edgeface.quantize.plan import QParams
from edgeface.quantize.scheme import Scheme

_PROBABILITY = QParams((1 / 256,), 0, None, 0, 255)
ORT_U8S8 = Scheme(
    "static_wi8_au8",
    same_scale=(Resize, MaxPool, *MOVES),
    fixed={Sigmoid: _PROBABILITY, Softmax: _PROBABILITY},
    unsigned=True,
    refine=(spread_pairs, avoid_ties),
    relieve=limit_pair_sums,
)
"""Weights are limited so that no x86 core saturates, and products by constants avoid halves, which
kernels may round up or down, so that all hosts compute the same."""
