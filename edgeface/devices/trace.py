"""Layerwise comparison of a TFLite model here and on a device: the operators that introduce differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tflite.delegation import Operator
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.devices.compare import Distance, distance
from edgeface.graph.types import Array

Arithmetic = Literal["integer", "float", "mixed"]

# They move values or change their format, and so never round differently on another processor.
_EXACT = frozenset(
    {
        *("DEQUANTIZE", "QUANTIZE", "RESHAPE", "CONCATENATION", "TRANSPOSE", "PAD", "PADV2", "SLICE", "STRIDED_SLICE"),
        *("SPLIT", "SQUEEZE", "EXPAND_DIMS", "MAX_POOL_2D", "RELU", "RELU6", "RESIZE_NEAREST_NEIGHBOR", "CAST"),
    }
)


@dataclass(frozen=True)
class Origin:
    """An operator whose output differs although its inputs are equal.

    `number` counts operators from 0 in the order of execution; `is_float` says whether it computes in float.
    """

    number: int
    op: str
    tensor: str
    dtype: str
    is_float: bool
    found: Distance

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        own = {"number": self.number, "op": self.op, "tensor": self.tensor, "dtype": self.dtype}
        return own | {"float": self.is_float} | self.found.as_dict()


def arithmetic_of(operators: Sequence[Operator], specs: Mapping[int, TensorSpec]) -> Arithmetic:
    """The arithmetic of a model: integer, float, or mixed."""
    floats = any(computes_in_float(operator, specs) for operator in operators)
    integers = any(_is_integer(operator, specs) for operator in operators)
    return "mixed" if floats and integers else "float" if floats else "integer"


def computes_in_float(operator: Operator, specs: Mapping[int, TensorSpec]) -> bool:
    """Whether an operator rounds floats."""
    return operator.name not in _EXACT and any(specs[i].dtype.startswith("float") for i in operator.outputs)


def origins(graph: LiteRtRunner, here: Mapping[int, Array], there: Mapping[int, Array]) -> list[Origin]:
    """Operators that introduce a difference, in the order of execution.

    Args:
        graph: the model, for its operators and the names of its tensors.
        here: every operator's output tensors by index, in this machine's runtime.
        there: the same on the device.
    """
    specs = graph.tensors()
    unequal: set[int] = set()
    found = []
    for number, operator in enumerate(graph.operators()):
        fresh = unequal.isdisjoint(operator.inputs)
        for index in operator.outputs:
            difference = distance(here[index], there[index])
            if difference.identical:
                continue
            unequal.add(index)
            if fresh:
                spec, rounds = specs[index], computes_in_float(operator, specs)
                found.append(Origin(number, operator.name, spec.name, spec.dtype, rounds, difference))
    return found


def made_tensors(graph: LiteRtRunner) -> dict[int, TensorSpec]:
    """The output tensors of a model's operators, by index."""
    specs = graph.tensors()
    return {index: specs[index] for operator in graph.operators() for index in operator.outputs}


def _is_integer(operator: Operator, specs: Mapping[int, TensorSpec]) -> bool:
    return operator.name not in _EXACT and any(specs[i].dtype.startswith(("int", "uint")) for i in operator.outputs)
