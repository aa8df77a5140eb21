"""Simpler ops that compute the same as an op for which a runtime has no operator, noted one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from edgeface.graph.types import Array, TensorType


class Row(NamedTuple):
    """An op and what it reads: inputs of the expanded op by index, results of earlier rows by ~index, or constants."""

    op: Any  # an Op: the module of ops imports this one
    reads: tuple[int | Array, ...]


class Rows:
    """Rows, of which the last gives the result.

    Attributes:
        inputs: types of the expanded op's inputs, which rows read as 0, 1, …
        found: the rows so far.
    """

    def __init__(self, inputs: Sequence[TensorType]) -> None:
        self.inputs = tuple(inputs)
        self.found: list[Row] = []

    def add(self, op: Any, *reads: int | float | Array) -> int:
        """Note an op; the returned number stands for its result.

        Args:
            op: the Op.
            reads: integers are inputs or earlier results; floats and arrays are constants in the first input's dtype.
        """
        dtype = self.inputs[0].dtype
        constants = (each if isinstance(each, int) else np.asarray(each, dtype) for each in reads)
        self.found.append(Row(op, tuple(constants)))
        return ~(len(self.found) - 1)
