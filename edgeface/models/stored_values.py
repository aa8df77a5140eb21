"""Bytes of a file as the numbers of a tensor, without torch: strides, byte orders, and formats that numpy lacks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from edgeface.models.stored_tensor import StoredTensor

Array = NDArray[Any]
_BITS = {"bfloat16": np.uint16}
_FLOAT8 = {
    "float8_e4m3fn": (4, 7, "fn"),
    "float8_e4m3fnuz": (4, 8, "fnuz"),
    "float8_e5m2": (5, 15, "ieee"),
    "float8_e5m2fnuz": (5, 16, "fnuz"),
}
"""Bits of the exponent, its bias, and what the largest codes mean: as IEEE 754 has it; no infinity and NaN with all
bits set (fn); no infinity, and NaN in place of minus zero (fnuz)."""
_SCALES = "float8_e8m0fnu"
"""Powers of two, without a sign."""


def stored_dtype(name: str) -> np.dtype[Any]:
    """The dtype of numpy that has a stored dtype's bits, in little-endian order."""
    if name in _FLOAT8 or name == _SCALES:
        return np.dtype(np.uint8)
    return np.dtype(_BITS.get(name, name)).newbyteorder("<")


def is_floating(name: str) -> bool:
    """Whether a stored dtype holds floating-point numbers."""
    return name.startswith(("float", "bfloat"))


def tensor_values(stored: bytes, tensor: StoredTensor, big_endian: bool = False) -> Array:
    """The numbers of a tensor in a dtype of numpy's that holds them exactly.

    Args:
        stored: the bytes of its storage; they hold what `StoredTensor.wrong` says nothing against.
        tensor: as declared.
        big_endian: whether the numbers' first bytes are their highest.

    Returns:
        An array of its own, contiguous, in the machine's byte order; bfloat16 and float8 as float32.
    """
    dtype = stored_dtype(tensor.dtype)
    if big_endian:
        dtype = dtype.newbyteorder(">")
    if not tensor.numel:
        return _numbers(np.zeros(tensor.shape, dtype), tensor.dtype)
    if tensor.strides is None:
        flat = np.frombuffer(stored, dtype, tensor.numel, tensor.offset * dtype.itemsize)
        return _numbers(flat.reshape(tensor.shape), tensor.dtype)
    flat = np.frombuffer(stored, dtype, offset=tensor.offset * dtype.itemsize, count=_span(tensor))
    steps = tuple(step * dtype.itemsize for step in tensor.strides)
    return _numbers(as_strided(flat, tensor.shape, steps, writeable=False), tensor.dtype)


def _span(tensor: StoredTensor) -> int:
    assert tensor.strides is not None
    return 1 + sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True))


def _numbers(bits: Array, name: str) -> Array:
    """What the bits of a dtype stand for; a copy."""
    own: Array = np.array(bits, dtype=bits.dtype.newbyteorder("="), order="C")
    if name == "bfloat16":
        return (own.astype(np.uint32).reshape(-1) << 16).view(np.float32).reshape(own.shape)
    if name in _FLOAT8 or name == _SCALES:
        return np.asarray(_float8_table(name)[own])
    return np.asarray(own.view(np.uint8) != 0) if name == "bool" else own


@cache
def _float8_table(name: str) -> Array:
    """The number of each of the 256 codes."""
    codes = np.arange(256)
    with np.errstate(over="ignore"):
        if name == _SCALES:
            table = np.exp2(codes.astype(np.float64) - 127)
            table[255] = np.nan
            return table.astype(np.float32)
        exponent_bits, bias, kind = _FLOAT8[name]
    fraction_bits = 7 - exponent_bits
    exponent, fraction = codes >> fraction_bits & (1 << exponent_bits) - 1, codes & (1 << fraction_bits) - 1
    normal = np.exp2(exponent - float(bias)) * (1 + fraction / (1 << fraction_bits))
    small = np.exp2(1.0 - bias) * fraction / (1 << fraction_bits)
    table = np.where(codes >> 7, -1.0, 1.0) * np.where(exponent, normal, small)
    if kind == "fnuz":
        table[0x80] = np.nan
    elif kind == "fn":
        table[[0x7F, 0xFF]] = np.nan
    else:
        top = exponent == (1 << exponent_bits) - 1
        table = np.where(top, np.where(fraction, np.nan, np.copysign(np.inf, table)), table)
    return table.astype(np.float32)
