"""The scheme of TFLite's int8: asymmetric activations, prescribed outputs, ops with one scale."""

from __future__ import annotations

from typing import Literal

from edgeface.backends.avoid_ties import avoid_ties
from edgeface.graph.ops.activations import Sigmoid, Softmax, Tanh
from edgeface.graph.ops.arithmetic import Concat
from edgeface.graph.ops.moves import MOVES
from edgeface.graph.ops.reduction import ReduceMax, ReduceMin
from edgeface.graph.ops.spatial import AveragePool, MaxPool, Resize
from edgeface.quantize.plan import Precision, QParams
from edgeface.quantize.scheme import Scheme

StoredWeights = Literal["float32", "float16", "int8"]
"""How the weights of nodes that are computed in float are stored."""

DTYPES: tuple[Precision, ...] = ("int8", "float32")
"""The emitter's supported dtypes of values."""

TFLITE_INT8 = Scheme(
    "static_wi8_ai8",
    same_scale=(Concat, Resize, AveragePool, MaxPool, ReduceMax, ReduceMin, *MOVES),
    fixed={
        Sigmoid: QParams((1 / 256,), -128),
        Softmax: QParams((1 / 256,), -128),
        Tanh: QParams((1 / 128,), 0),
    },
    refine=(avoid_ties,),
)
