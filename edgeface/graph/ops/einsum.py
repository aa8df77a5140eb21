"""Sums of products by Einstein's convention, which `expand_products` replaces by a matrix product."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgeface.graph.ops.base import OnnxForm, OnnxNode, Op, require
from edgeface.graph.ops.matmul import MatMul
from edgeface.graph.ops.rows import Rows
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.types import TensorType


@dataclass(frozen=True)
class Einsum(Op):
    """A product of one or two inputs whose axes have the letters `terms`, summed over those that `result` lacks."""

    onnx_types: ClassVar[tuple[str, ...]] = ("Einsum",)

    terms: tuple[str, ...] = ()
    result: str = ""

    def infer(self, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
        """The sizes of the result's letters."""
        sizes: dict[str, int] = {}
        for term, kind in zip(self.terms, inputs, strict=True):
            require(len(term) == kind.rank, f"the letters {term!r} do not fit {kind}")
            for letter, size in zip(term, kind.shape, strict=True):
                require(sizes.setdefault(letter, size) == size, f"axes of letter {letter!r} differ in size")
        return (TensorType(tuple(sizes[letter] for letter in self.result), inputs[0].dtype),)

    def macs(self, inputs: Sequence[TensorType], outputs: Sequence[TensorType]) -> int:
        """Results × products in each; none where nothing is multiplied."""
        if len(inputs) == 1:
            return 0
        summed = {n for t, kind in zip(self.terms, inputs, strict=True) for n in zip(t, kind.shape, strict=True)}
        return outputs[0].count * math.prod(size for letter, size in summed if letter not in self.result)

    @classmethod
    def from_onnx(cls, node: OnnxNode) -> tuple[Op, tuple[str, ...]]:
        """The equation with letters for "…" and for a result that is not given."""
        equation = node.attributes["equation"].decode().replace(" ", "")
        given, arrow, result = equation.partition("->")
        terms = given.split(",")
        require(len(terms) in {1, 2}, f"Einsum of {len(terms)} inputs is not supported", "write products of two")
        free = [letter for letter in string.ascii_letters if letter not in equation]
        widths = [len(s) - len(t) + 3 for t, s in zip(terms, node.input_shapes, strict=True) if "..." in t]
        dots = "".join(free[: max(widths, default=0)])
        terms = [_filled(t, dots, len(shape)) for t, shape in zip(terms, node.input_shapes, strict=True)]
        letters = "".join(terms)
        once = "".join(sorted(x for x in set(letters) if letters.count(x) == 1 and x not in dots))
        result = result.replace("...", dots) if arrow else dots + once
        for term in terms:
            lost = [x for x in term if x not in result and letters.count(x) == 1]
            require(len(set(term)) == len(term) and not lost, f"Einsum {equation} is not supported: no matrix product")
        require(set(result) <= set(letters) and len(set(result)) == len(result), f"Einsum {equation} is not supported")
        return cls(tuple(terms), result), node.inputs

    def to_onnx(self, inputs: Sequence[TensorType]) -> OnnxForm:  # noqa: ARG002
        """Einsum."""
        return OnnxForm("Einsum", {"equation": f"{','.join(self.terms)}->{self.result}"})

    def expand(self, rows: Rows) -> None:
        """The inputs as matrices, their product, and its axes in order."""
        if len(self.terms) == 1:
            rows.add(Transpose(tuple(self.terms[0].index(x) for x in self.result)), 0)
            return
        a, b = self.terms
        shared = [x for x in a if x in b and x in self.result]
        summed = [x for x in a if x in b and x not in self.result]
        left, right = ([x for x in term if x not in other] for term, other in ((a, b), (b, a)))
        sizes = {x: n for t, k in zip(self.terms, rows.inputs, strict=True) for x, n in zip(t, k.shape, strict=True)}

        def size(letters: Sequence[str]) -> int:
            return math.prod(sizes[x] for x in letters)

        def matrix(index: int, outer: list[str], inner: list[str]) -> int:
            term = self.terms[index]
            turned = rows.add(Transpose(tuple(term.index(x) for x in (*shared, *outer, *inner))), index)
            return rows.add(Reshape((*(sizes[x] for x in shared), size(outer), size(inner))), turned)

        made = rows.add(MatMul(), matrix(0, left, summed), matrix(1, summed, right))
        order = [*shared, *left, *right]
        apart = rows.add(Reshape(tuple(sizes[x] for x in order)), made)
        rows.add(Transpose(tuple(order.index(x) for x in self.result)), apart)


def _filled(term: str, dots: str, rank: int) -> str:
    """A term with letters for its dots, aligned at the end."""
    width = rank - len(term.replace("...", ""))
    return term.replace("...", dots[len(dots) - width :]) if "..." in term else term
