"""The work of TFLite's convolutions and matrix products, from the shapes of their tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edgeface.cost.readers.tflite_file import StoredTensor
from edgeface.cost.readers.tflite_operators import ROLES
from edgeface.cost.work import Bias, Convolution, Deconvolution, Dense, MatrixProduct, Role, Uncounted, Work
from edgeface.errors import GraphError

WEIGHTS = 1
"""Position of the weights among the inputs of every counted operator with weights."""

BIAS = {
    "CONV_2D": 2,
    "DEPTHWISE_CONV_2D": 2,
    "CONV_3D": 2,
    "FULLY_CONNECTED": 2,
    "TRANSPOSE_CONV": 3,
    "CONV_3D_TRANSPOSE": 3,
}
"""Position of the optional bias, which BATCH_MATMUL lacks."""

_GLOBAL = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "REDUCE_MAX"})


@dataclass(frozen=True)
class Operands:
    """An operator's tensors: `inputs` contains None for absent ones; `constant`: which inputs are constant."""

    op: str
    inputs: Sequence[StoredTensor | None]
    constant: Sequence[bool]
    output: StoredTensor
    bias: Bias
    where: str

    def shape(self, position: int, rank: int | None = None) -> tuple[int, ...]:
        """Shape of an input, checked against `rank` if given.

        Raises:
            GraphError: it is missing or has another rank.
        """
        found = self.inputs[position] if position < len(self.inputs) else None
        if found is None or (rank is not None and len(found.shape) != rank):
            raise self.misfit()
        return found.shape

    def output_shape(self, rank: int) -> tuple[int, ...]:
        """Shape of the output, which has `rank` dimensions."""
        if len(self.output.shape) != rank:
            raise self.misfit()
        return self.output.shape

    def require(self, fits: bool) -> None:
        """Reject shapes that do not match."""
        if not fits:
            raise self.misfit()

    def misfit(self) -> GraphError:
        """The error for shapes that do not match."""
        shapes = ", ".join("none" if row is None else str(list(row.shape)) for row in self.inputs)
        return GraphError(
            f"{self.op} cannot compute {list(self.output.shape)} from {shapes}",
            where=self.where,
            fix="export the model again with a fixed input size; the file's shapes contradict each other",
        )


def work_of(operands: Operands) -> Work:
    """The work of an operator with a known cost.

    Raises:
        GraphError: its tensors do not match.
    """
    rule = _RULES.get(operands.op)
    return rule(operands) if rule else Uncounted(_role(operands))


def _role(operands: Operands) -> Role:
    role = ROLES[operands.op]
    first = operands.inputs[0] if operands.inputs else None
    if role == "view" and first is not None:
        operands.require(first.count == operands.output.count)
    if operands.op not in _GLOBAL or first is None or len(first.shape) != 4:
        return role
    made = operands.output.shape
    whole = operands.output.count == first.shape[0] * first.shape[3] and made[-1:] == first.shape[3:]
    return "global_pool" if whole else role


def _conv_2d(operands: Operands) -> Work:
    return _convolution(operands, 4, outputs_at=0, taps_at=slice(1, 3), inputs_at=3)


def _conv_3d(operands: Operands) -> Work:
    return _convolution(operands, 5, outputs_at=4, taps_at=slice(0, 3), inputs_at=3)


def _convolution(operands: Operands, rank: int, outputs_at: int, taps_at: slice, inputs_at: int) -> Work:
    image, weights, made = operands.shape(0, rank), operands.shape(WEIGHTS, rank), operands.output_shape(rank)
    channels, each = image[-1], weights[inputs_at]
    operands.require(each > 0 and channels % each == 0 and weights[outputs_at] == made[-1] and image[0] == made[0])
    groups = max(1, channels // each)
    operands.require(made[-1] % groups == 0)
    return Convolution(channels, made[-1], math.prod(weights[taps_at]), groups, math.prod(made[:-1]), operands.bias)


def _depthwise(operands: Operands) -> Work:
    image, weights, made = operands.shape(0, 4), operands.shape(WEIGHTS, 4), operands.output_shape(4)
    channels = image[3]
    fits = weights[0] == 1 and weights[3] == made[3] and image[0] == made[0]
    operands.require(fits and channels > 0 and made[3] % channels == 0)
    return Convolution(channels, made[3], weights[1] * weights[2], channels, math.prod(made[:3]), operands.bias)


def _transpose_conv(operands: Operands) -> Work:
    return _deconvolution(operands, 4, outputs_at=0, taps_at=slice(1, 3), inputs_at=3)


def _conv_3d_transpose(operands: Operands) -> Work:
    return _deconvolution(operands, 5, outputs_at=3, taps_at=slice(0, 3), inputs_at=4)


def _deconvolution(operands: Operands, rank: int, outputs_at: int, taps_at: slice, inputs_at: int) -> Work:
    image, weights, made = operands.shape(2, rank), operands.shape(WEIGHTS, rank), operands.output_shape(rank)
    operands.require(weights[inputs_at] == image[-1] and weights[outputs_at] == made[-1] and image[0] == made[0])
    return Deconvolution(image[-1], made[-1], math.prod(weights[taps_at]), 1, math.prod(image[:-1]), operands.bias)


def _fully_connected(operands: Operands) -> Work:
    weights = operands.shape(WEIGHTS, 2)
    outputs, inputs = weights
    count = math.prod(operands.shape(0))
    operands.require(inputs > 0 and outputs > 0 and count % inputs == 0)
    rows = count // inputs
    operands.require(operands.output.count == rows * outputs)
    if not operands.constant[WEIGHTS]:
        return MatrixProduct(count * outputs)
    return Dense(inputs, outputs, rows, operands.bias)


def _batch_matmul(operands: Operands) -> Work:
    left, right, made = operands.shape(0), operands.shape(1), operands.output.shape
    operands.require(len(left) > 1 and len(right) > 1 and len(made) > 1 and operands.output.count > 0)
    # Options determine which of the last two axes is summed over; the other one stays in the output.
    rows, columns = made[-2:]
    depth = left[-2] * left[-1] // rows
    operands.require(depth * rows == left[-2] * left[-1] and depth * columns == right[-2] * right[-1])
    if operands.constant[1]:
        return Dense(depth, columns, operands.output.count // columns)
    if operands.constant[0]:
        return Dense(depth, rows, operands.output.count // rows)
    return MatrixProduct(operands.output.count * depth)


_RULES: Mapping[str, Callable[[Operands], Work]] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONV_3D": _conv_3d,
    "TRANSPOSE_CONV": _transpose_conv,
    "CONV_3D_TRANSPOSE": _conv_3d_transpose,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
}
