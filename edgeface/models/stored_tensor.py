"""A tensor as a checkpoint declares it, and whether the file can hold what it declares."""

from __future__ import annotations

import math
from dataclasses import dataclass

ITEM_BYTES = {
    **dict.fromkeys(("float64", "int64", "uint64", "complex64"), 8),
    **dict.fromkeys(("float32", "int32", "uint32", "complex32"), 4),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 2),
    **dict.fromkeys(("int8", "uint8", "bool"), 1),
    **dict.fromkeys(("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"), 1),
    "complex128": 16,
}
_LONGEST = 8


@dataclass(frozen=True)
class StoredTensor:
    """A declared tensor: shape, dtype as torch names it ("float32"), and how many elements its storage has.

    `storage` identifies the storage, which tensors may share; `offset` is where the tensor begins in it, in elements.
    `strides` are the steps along each side in elements, or None where elements follow one another, the last side first.
    """

    shape: tuple[int, ...]
    dtype: str
    storage: str
    stored: int
    offset: int = 0
    strides: tuple[int, ...] | None = None

    @property
    def numel(self) -> int:
        """The number of elements that the shape declares."""
        return math.prod(self.shape)

    @property
    def wrong(self) -> str | None:
        """Why no honest file declares this, or None.

        A tensor may repeat its storage's elements without limit (`Tensor.expand`): a few bytes then stand for any
        number of gigabytes once they are compared or copied.
        """
        if self.dtype not in ITEM_BYTES:
            return f"has the unknown dtype {self.dtype}"
        if len(self.shape) > _LONGEST or any(side < 0 for side in self.shape) or self.offset < 0 or self.stored < 0:
            return f"has the impossible shape {list(self.shape)[: _LONGEST + 1]}"
        if self.numel and self.offset + self.numel > self.stored:
            return f"declares {self.numel:,} values {list(self.shape)}, and the file has {self.stored:,} for it"
        if self.strides is not None and min(self.strides, default=0) < 0:
            return f"has the impossible strides {list(self.strides)}"
        if self.numel and self._reach > self.stored:
            return f"reaches to value {self._reach:,} of {self.stored:,}"
        return None

    @property
    def _reach(self) -> int:
        """Where the last element ends in the storage."""
        steps = self.strides or usual_strides(self.shape)
        return self.offset + 1 + sum((side - 1) * step for side, step in zip(self.shape, steps, strict=True))


def usual_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The steps along each side where elements follow one another, in elements."""
    return tuple(math.prod(shape[index + 1 :]) for index in range(len(shape)))


def strides_beside_usual(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """The strides, or None if they say no more than the shape; along sides of one element they mean nothing."""
    if 0 in shape or len(shape) > _LONGEST:
        return None
    usual = usual_strides(shape)
    pairs = zip(shape, strides, usual, strict=True)
    return None if all(side == 1 or own == other for side, own, other in pairs) else strides
