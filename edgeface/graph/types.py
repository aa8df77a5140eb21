"""Tensor types: a static shape and a dtype."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
DType = Literal["float32", "float16", "int64", "int32", "int8", "uint8", "bool"]
DTYPES: tuple[str, ...] = get_args(DType)


@dataclass(frozen=True)
class TensorType:
    """A tensor's static shape (logical order, NCHW for images) and dtype."""

    shape: tuple[int, ...]
    dtype: DType = "float32"

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of the dense tensor."""
        return self.count * np.dtype(self.dtype).itemsize

    def with_shape(self, shape: tuple[int, ...]) -> TensorType:
        """The same dtype with another shape."""
        return TensorType(shape, self.dtype)

    def __str__(self) -> str:
        """As in `float32[1,3,480,640]`."""
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"
