"""ONNX operators that are read as chains of simpler ops, so that no pass and no target has to know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeface.graph.ops.base import Op
from edgeface.graph.types import Array, TensorType


@dataclass(frozen=True, eq=False)
class Step:
    """An op of a chain, and the constants that it reads after the value before it."""

    op: Op
    constants: tuple[Array, ...] = ()


@dataclass(frozen=True, eq=False)
class Spelling(Op):
    """What an ONNX node with one computed input means: for each of its outputs a chain of ops.

    The reader puts the chains in its place; no graph holds a Spelling.
    """

    chains: tuple[tuple[Step, ...], ...] = ()

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """What the last op of each chain makes."""
        return tuple(self._made(chain, inputs[0]) for chain in self.chains)

    @staticmethod
    def _made(chain: Sequence[Step], given: TensorType) -> TensorType:
        for step in chain:
            read = [TensorType(tuple(array.shape), given.dtype) for array in step.constants]
            (given,) = step.op.infer([given, *read])
        return given


def chain(*steps: Op | Step) -> Spelling:
    """The spelling of a node with one output."""
    return Spelling((tuple(step if isinstance(step, Step) else Step(step) for step in steps),))
