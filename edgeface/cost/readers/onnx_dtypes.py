"""ONNX element types as names and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.cost.network import BITS
from edgeface.errors import InputError

if TYPE_CHECKING:
    import onnx

# onnx.TensorProto.DataType, by number (onnx.proto)
_NAMES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16", 17: "float8", 18: "float8", 19: "float8", 20: "float8",
    21: "uint4", 22: "int4", 23: "float4", 24: "float8", 25: "uint2", 26: "int2",
}  # fmt: skip


def dtype_name(code: int, where: str) -> str:
    """The name of an element type.

    Raises:
        InputError: the type is not supported, such as strings.
    """
    if code not in _NAMES:
        raise InputError(f"tensors of ONNX's element type {code} are not supported", where=where)
    return _NAMES[code]


def bits_of(code: int, where: str) -> int:
    """Bits of one element."""
    return BITS[dtype_name(code, where)]


def stored_bytes(tensor: onnx.TensorProto) -> int:
    """Bytes of a tensor's data inside the file."""
    bits = BITS[_NAMES[tensor.data_type]]
    raw = tensor.raw_data  # each access copies
    if raw:
        return len(raw)
    if tensor.int32_data:  # one number in each, except for types below one byte, which are packed into bytes
        return len(tensor.int32_data) * max(bits, 8) // 8
    fields = (tensor.float_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    return max(map(len, fields)) * bits // 8
