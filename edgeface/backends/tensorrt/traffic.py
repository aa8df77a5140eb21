"""Memory traffic of an engine's layers, from their list: a basis for comparison without a GPU for timing."""

from __future__ import annotations

from collections.abc import Iterable

from edgeface.backends.tensorrt.layers import EngineLayer

_BITS = {"Float": 32, "Half": 16, "BFloat16": 16, "FP8": 8, "Int8": 8, "UInt8": 8, "Bool": 8, "Int32": 32, "Int64": 64}
_BITS |= {"Int4": 4, "FP4": 4}


def moved_bytes(layers: Iterable[EngineLayer]) -> int:
    """The bytes that layers read and write, including weights and what stays in caches or registers.

    A tensor that a layer names twice is read once; a dynamic batch counts as 1, an unknown dtype as 32 bits.
    """
    bits = 0
    for layer in layers:
        for tensor in {*layer.inputs, *layer.constants, *layer.outputs}:
            bits += tensor.elements * _BITS.get(tensor.dtype, 32)
    return bits // 8
