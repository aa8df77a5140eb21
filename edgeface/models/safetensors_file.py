"""The tensors that a safetensors file declares, by its header alone."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from edgeface.errors import CheckpointError
from edgeface.models.stored_tensor import ITEM_BYTES, StoredTensor
from edgeface.reading.document import parse_json
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import open_file

MAX_HEADER_BYTES = 4 << 20
_LENGTH_BYTES = 8
_DTYPES = {
    **{"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "C64": "complex64"},
    **{"I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32"},
    **{"U16": "uint16", "U8": "uint8", "BOOL": "bool", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"},
}


def read_header(path: Path) -> dict[str, StoredTensor]:
    """The declared tensors by name, in the header's order.

    Raises:
        CheckpointError: the header is damaged or too large, or the file has another length than it declares.
    """
    with open_file(path, CHECKPOINT) as stream:
        size = os.fstat(stream.fileno()).st_size
        length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
        if length > MAX_HEADER_BYTES or _LENGTH_BYTES + length > size:
            raise _damaged(path, f"its header would have {length:,} bytes")
        header = parse_json(stream.read(length), str(path), CHECKPOINT)
    if not isinstance(header, dict):
        raise _damaged(path, "its header is no table")
    declared = {name: _tensor(name, item, path) for name, item in header.items() if name != "__metadata__"}
    wanted = max((tensor[1] for tensor in declared.values()), default=0)
    if _LENGTH_BYTES + length + wanted != size:
        raise _damaged(path, f"it has {size:,} bytes instead of {_LENGTH_BYTES + length + wanted:,}")
    return {name: tensor for name, (tensor, _) in declared.items()}


def _tensor(name: str, item: Any, path: Path) -> tuple[StoredTensor, int]:
    """A declared tensor, and where its data ends."""
    try:
        dtype = _DTYPES.get(item["dtype"], str(item["dtype"])[:20])
        shape, (begin, end) = tuple(item["shape"]), item["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in (*shape, begin, end))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"the entry of {name[:80]!r} is not whole") from error
    item_bytes = ITEM_BYTES.get(dtype)
    if not whole:
        raise _damaged(path, f"the entry of {name[:80]!r} is not whole")
    if begin > end or (item_bytes is not None and math.prod(shape) * item_bytes != end - begin):
        raise _damaged(path, f"{name[:80]!r} of {dtype} {list(shape)[:9]} has {end - begin:,} bytes")
    return StoredTensor(shape, dtype, name, math.prod(shape)), end


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"not a whole safetensors file: {why}", where=str(path), fix="copy or download the file again"
    )
