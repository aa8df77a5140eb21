"""A layer of an ncnn network as a value: a line of the .param file, and its numbers in the .bin file.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Tuple, Union  # noqa: UP035  # as below

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Parameter = Union[int, float, Tuple[int, ...], Tuple[float, ...]]  # noqa: UP006, UP007  # Python 3.8 evaluates it

MODEL_FILE, WEIGHTS_FILE = "model.param", "model.bin"
MAGIC = 7767517
"""Begins the text of a network."""
MADE = "/made"
"""Ends the name of a blob whose own name its Split gives to an output."""
FLOAT32, FLOAT16, INT8 = 0, 0x01306B47, 0x000D4B38
"""Tags that begin a weight whose type the file says."""

OUTPUT_SHAPE, BFLOAT16, STORED = 29, 28, 27
"""Parameters of our own, which no layer of ncnn reads.

A value's whole shape, as (rank, sizes …), on the layer that makes it; on Input layers, whether the network is to be
run with values stored in bfloat16; and on layers that make integers, their scale and zero.
"""


@dataclass(frozen=True, eq=False)
class Weight:
    """Numbers of a layer. `tag` begins those whose type the file says; None stands for float32 without a tag."""

    data: Array
    tag: int | None = None

    def stored(self) -> bytes:
        """The bytes in the .bin file, a multiple of 4."""
        dtype = {FLOAT16: "<f2", INT8: "i1"}.get(self.tag or FLOAT32, "<f4")
        numbers = np.ascontiguousarray(self.data).astype(dtype).tobytes()
        head = b"" if self.tag is None else self.tag.to_bytes(4, "little")
        return head + numbers + bytes(-len(numbers) % 4)


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer: its type, its name, the blobs that it reads and makes, its parameters by number, and its weights."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[int, Parameter] = field(default_factory=dict)
    weights: tuple[Weight, ...] = ()
