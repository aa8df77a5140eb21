"""An operator as the rules see it that derive the sizes of its results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeface.cost.readers.tflite_options import Options

if TYPE_CHECKING:
    from edgeface.graph.types import Array

Shape = tuple[int, ...]
SAME_PADDING = 0
"""The schema's Padding.SAME; 1 is VALID."""


class MisfitError(Exception):
    """An operator cannot work on its inputs."""


class DependsOnDataError(Exception):
    """A size depends on numbers that only a run computes, or on a rule that is not known."""


@dataclass(frozen=True)
class Operation:
    """An operator with the derived shapes of its inputs and, of small ones, the values, as far as known.

    `shapes` and `values` contain None for absent inputs; `outputs` is the number of results.
    """

    op: str
    shapes: Sequence[Shape | None]
    values: Sequence[Array | None]
    options: Options
    outputs: int = 1

    def given(self, at: int) -> bool:
        """Whether an input is present."""
        return at < len(self.shapes) and self.shapes[at] is not None

    def shape(self, at: int, rank: int | None = None) -> Shape:
        """The shape of an input, which must have `rank` dimensions if that is given."""
        found = self.shapes[at] if at < len(self.shapes) else None
        if found is None or (rank is not None and len(found) != rank):
            raise MisfitError
        return found

    def count(self, at: int) -> int:
        """The number of an input's elements."""
        return math.prod(self.shape(at))

    def value(self, at: int) -> Array:
        """The value of an input."""
        self.shape(at)
        found = self.values[at]
        if found is None:
            raise DependsOnDataError
        return found

    def numbers(self, at: int) -> Shape:
        """The value of an input as whole numbers."""
        found = self.value(at)
        self.require(found.dtype.kind in "iu")
        return tuple(found.ravel().tolist())

    def number(self, at: int) -> int:
        """The value of an input of one element."""
        found = self.numbers(at)
        self.require(len(found) == 1)
        return found[0]

    def option(self, name: str) -> int:
        """An option that is a number."""
        found = self.options[name]
        assert isinstance(found, int)
        return found

    def list_option(self, name: str) -> Shape:
        """An option that is a vector."""
        found = self.options[name]
        assert isinstance(found, tuple)
        return found

    def axis(self, axis: int, rank: int) -> int:
        """An axis counted from the front."""
        self.require(-rank <= axis < rank)
        return axis % rank

    def require(self, fits: bool) -> None:
        """Refuse what does not fit."""
        if not fits:
            raise MisfitError


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape of an elementwise result."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    made = []
    for sizes in zip(*padded, strict=True):
        wide = {size for size in sizes if size != 1}
        if len(wide) > 1:
            raise MisfitError
        made.append(wide.pop() if wide else 1)
    return tuple(made)
