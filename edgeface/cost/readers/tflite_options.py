"""The options of TFLite's operators that determine the sizes of their results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.cost.readers.tflite_bounds import BoundedReader

Options = Mapping[str, "int | tuple[int, ...]"]

_WINDOW = "Padding StrideH StrideW"
_TABLES: dict[str, tuple[str, str]] = {
    "CONV_2D": ("Conv2D", f"{_WINDOW} DilationHFactor DilationWFactor"),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2D", f"{_WINDOW} DilationHFactor DilationWFactor"),
    "CONV_3D": ("Conv3D", f"{_WINDOW} StrideD DilationDFactor DilationHFactor DilationWFactor"),
    "FULLY_CONNECTED": ("FullyConnected", "KeepNumDims"),
    "BATCH_MATMUL": ("BatchMatMul", "AdjX AdjY"),
    **dict.fromkeys(
        ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), ("Pool2D", f"{_WINDOW} FilterHeight FilterWidth")
    ),
    "RESHAPE": ("Reshape", "NewShape*"),
    "SQUEEZE": ("Squeeze", "SqueezeDims*"),
    "CONCATENATION": ("Concatenation", "Axis FusedActivationFunction"),
    "PACK": ("Pack", "Axis"),
    "UNPACK": ("Unpack", "Axis"),
    "STRIDED_SLICE": ("StridedSlice", "BeginMask EndMask EllipsisMask NewAxisMask ShrinkAxisMask Offset"),
    "GATHER": ("Gather", "Axis BatchDims"),
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"), ("Reducer", "KeepDims")
    ),
    "SPACE_TO_DEPTH": ("SpaceToDepth", "BlockSize"),
    "DEPTH_TO_SPACE": ("DepthToSpace", "BlockSize"),
    "ONE_HOT": ("OneHot", "Axis"),
    **{name: (name.title(), "FusedActivationFunction") for name in ("ADD", "SUB", "MUL", "DIV")},
}
"""The table of each operator, and its fields; `*` marks a vector."""


def read_options(reader: BoundedReader, row: Any, operator: str) -> Options:
    """The options of an operator by the schema's names; zeros if it has none, as LiteRT takes them.

    Args:
        reader: bounds vectors by the file's size.
        row: the operator in the schema's accessors.
        operator: its builtin name.
    """
    if operator not in _TABLES:
        return {}
    from ai_edge_litert import schema_py_generated as schema

    name, fields = _TABLES[operator]
    stored = row.BuiltinOptions()
    absent = stored is None or row.BuiltinOptionsType() != getattr(schema.BuiltinOptions, f"{name}Options")
    if absent:
        return {field.rstrip("*"): () if field.endswith("*") else 0 for field in fields.split()}
    table = getattr(schema, f"{name}Options")()
    table.Init(stored.Bytes, stored.Pos)
    return {field.rstrip("*"): _value(reader, table, field) for field in fields.split()}


def _value(reader: BoundedReader, table: Any, field: str) -> int | tuple[int, ...]:
    if not field.endswith("*"):
        return int(getattr(table, field)())
    return reader.integers(table, field.rstrip("*"))
