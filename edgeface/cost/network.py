"""Networks for counting: layers, their work, and tensors. All file formats are read into this.

It is not a `Graph`: it must describe any user's file, even if edgeface cannot compile it, and it contains no weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edgeface.cost.work import Work

BITS = {
    "float64": 64, "float32": 32, "float16": 16, "bfloat16": 16,
    "int64": 64, "uint64": 64, "int32": 32, "uint32": 32, "int16": 16, "uint16": 16,
    "int8": 8, "uint8": 8, "int4": 4, "uint4": 4, "int2": 2, "uint2": 2, "bool": 8,
    "float8": 8, "float4": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """A tensor's static shape in the file's order, and its dtype, one of `BITS`. `constant` ones are in the file."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    constant: bool = False

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of the dense tensor."""
        return -(-self.count * BITS[self.dtype] // 8)


@dataclass(frozen=True)
class Layer:
    """One operator in execution order.

    `op` is the operator's name in the file (Conv, CONV_2D); `inputs` and `outputs` are computed tensors only; `weights`
    are the trained constants that it reads, `statistics` batch norm's means and variances; `level` says that its
    weights are one repeated number, as far as the reader looks.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    work: Work
    weights: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    level: bool = False


@dataclass(frozen=True)
class Network:
    """A complete model with batch 1. `layout` is the memory order of image tensors; `file_bytes` the size on disk.

    `layers` excludes operators whose inputs are all constant; `metadata` is text from the file; `notes` describe limits
    of the count; `uniform` names constants with a single repeated value, which exporters merge in untrained networks.
    `beyond` counts, by their names, operators without counted work that are not among the layers, because their sizes
    depend on data; the tensors that they read are among `outputs`, the trained constants in `beyond_weights`.
    """

    name: str
    format: Literal["ncnn", "onnx", "tflite"]
    layout: Literal["nchw", "nhwc"]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    tensors: Mapping[str, Tensor] = field(repr=False)
    file_bytes: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    uniform: frozenset[str] = frozenset()
    beyond: Mapping[str, int] = field(default_factory=dict)
    beyond_weights: tuple[str, ...] = ()
