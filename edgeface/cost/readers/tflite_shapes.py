"""Derive the sizes of a TFLite file's tensors from its inputs, constants and operators.

The sizes that a file declares for computed tensors are not what runs: LiteRT derives them, too. So a file that declares
others is refused, because a count by them would be of another network.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edgeface.cost.readers import tflite_layout_rules, tflite_making_rules, tflite_window_rules
from edgeface.cost.readers.tflite_file import (
    ABSENT,
    DYNAMIC,
    MAX_ELEMENTS,
    MAX_RANK,
    StoredOperator,
    StoredTensor,
    TFLiteFile,
)
from edgeface.cost.readers.tflite_operation import DependsOnDataError, MisfitError, Operation, Shape
from edgeface.cost.readers.tflite_values import KEPT_TYPES, MAX_VALUES, computed
from edgeface.cost.readers.tflite_window_rules import Rule
from edgeface.errors import GraphError

if TYPE_CHECKING:
    from edgeface.graph.types import Array

RULES: Mapping[str, Rule] = {**tflite_making_rules.RULES, **tflite_layout_rules.RULES, **tflite_window_rules.RULES}
"""Rules by operator, of all whose results have sizes that do not depend on data."""

FIX = "export the model again; the sizes that the file declares contradict its operators"


def check_input(row: StoredTensor, where: str) -> None:
    """Require a fixed size of an input, but for its batch, from which all other sizes follow.

    Args:
        row: the input.
        where: its name in errors.

    Raises:
        GraphError: the size is dynamic, empty, or declared in two ways.
    """
    shape, signature = (
        "×".join("?" if n == DYNAMIC else str(n) for n in found) for found in (row.shape, row.signature)
    )
    if DYNAMIC in row.signature[1:]:
        fix = "export the model with a fixed input size"
        raise GraphError(f"the size of the input is dynamic: {signature}", where=where, fix=fix)
    if any(size not in {DYNAMIC, given} for size, given in zip(row.signature, row.shape, strict=True)):
        raise GraphError(f"the input is {shape} by its shape and {signature} by its signature", where=where, fix=FIX)
    if 0 in row.shape:
        raise GraphError(f"the input is empty: {shape}", where=where, fix=FIX)


class DerivedShapes:
    """The sizes of tensors, as far as derived; `rows` are the file's tensors with these."""

    def __init__(self, file: TFLiteFile) -> None:
        self._file = file
        self.rows = [replace(row, shape=_pinned(row.shape, row.signature)) for row in file.tensors]
        self.unknown: set[int] = set()
        self._values: dict[int, Array] = {}

    def add(self, operator: StoredOperator, names: Sequence[str], where: str) -> bool:
        """Derive the sizes of the next operator's results; False if they depend on data.

        Args:
            operator: the next operator in the file's order.
            names: the tensors' names in errors.
            where: the operator's name in errors.

        Raises:
            GraphError: the operator cannot work on its inputs, or the file declares other sizes.
        """
        reads = [index for index in operator.inputs if index != ABSENT]
        if not self.unknown.isdisjoint(reads) or operator.name not in RULES:
            self.unknown.update(operator.outputs)
            return False
        operation = self._operation(operator)
        try:
            made = RULES[operator.name](operation)
            found = self._checked(operator, made, names, where)
            values = computed(operation, found, self.rows[operator.outputs[0]].dtype)
        except DependsOnDataError:
            self.unknown.update(operator.outputs)
            return False
        except MisfitError as error:
            raise self._misfit(operator, where) from error
        for index, shape, value in zip(operator.outputs, found, values, strict=True):
            self.rows[index] = replace(self.rows[index], shape=shape)
            if value is not None:
                self._values[index] = value
        return True

    def _operation(self, operator: StoredOperator) -> Operation:
        shapes = [None if index == ABSENT else self.rows[index].shape for index in operator.inputs]
        values = [None if index == ABSENT else self.value(index) for index in operator.inputs]
        return Operation(operator.name, shapes, values, operator.options, len(operator.outputs))

    def value(self, index: int) -> Array | None:
        """The value of a small tensor, if it is known."""
        row = self.rows[index]
        if index not in self._values and row.data is not None and not row.variable and row.dtype in KEPT_TYPES:
            start, size = row.data
            count = row.count
            if count <= MAX_VALUES and size == count * np.dtype(row.dtype).itemsize:
                self._values[index] = np.frombuffer(self._file.content, row.dtype, count, start).reshape(row.shape)
        elif index not in self._values and row.count == 0 and row.dtype in KEPT_TYPES:
            self._values[index] = np.zeros(row.shape, row.dtype)
        return self._values.get(index)

    def _checked(self, operator: StoredOperator, made: list[Shape], names: Sequence[str], where: str) -> list[Shape]:
        """The derived sizes, after a comparison with those that the file declares."""
        if len(made) != len(operator.outputs):
            raise MisfitError
        for index, shape in zip(operator.outputs, made, strict=True):
            declared = self._file.tensors[index]
            if len(shape) > MAX_RANK or math.prod(shape) > MAX_ELEMENTS:
                raise GraphError(f"{operator.name} makes an implausibly large tensor of {list(shape)}", where=where)
            if not _agrees(shape, declared.shape, declared.signature, declared.ranked):
                given = self._read_shapes(operator)
                raise GraphError(
                    f"{operator.name} computes {list(shape)} from {given}, but the file declares "
                    f"{list(declared.shape)} for {names[index]!r}",
                    where=where,
                    fix=FIX,
                )
        return made

    def _misfit(self, operator: StoredOperator, where: str) -> GraphError:
        declared = [list(self._file.tensors[index].shape) for index in operator.outputs]
        shown, given = ", ".join(map(str, declared)), self._read_shapes(operator)
        return GraphError(f"{operator.name} cannot compute {shown} from {given}", where=where, fix=FIX)

    def _read_shapes(self, operator: StoredOperator) -> str:
        return ", ".join("none" if i == ABSENT else str(list(self.rows[i].shape)) for i in operator.inputs) or "nothing"


def _pinned(shape: Shape, signature: Shape) -> Shape:
    """A shape at batch 1, where the batch is dynamic."""
    return (1, *shape[1:]) if signature[:1] == (DYNAMIC,) else shape


def _agrees(made: Shape, declared: Shape, signature: Shape, ranked: bool) -> bool:
    """Whether a file declares a derived shape: a dynamic size stands for any, and no size for an unknown rank."""
    if not declared and not ranked:
        return True
    if len(made) != len(declared):
        return False
    return all(own == size or free == DYNAMIC for own, size, free in zip(made, declared, signature, strict=True))
