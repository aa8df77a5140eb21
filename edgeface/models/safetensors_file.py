"""A safetensors file: the tensors that its header declares, and their numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from edgeface.errors import CheckpointError
from edgeface.models.stored_tensor import ITEM_BYTES, StoredTensor
from edgeface.models.stored_values import Array, tensor_values
from edgeface.reading.document import parse_json
from edgeface.reading.kinds import CHECKPOINT

MAX_HEADER_BYTES = 4 << 20
_LENGTH_BYTES = 8
_DTYPES = {
    **{"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "C64": "complex64"},
    **{"I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32"},
    **{"U16": "uint16", "U8": "uint8", "BOOL": "bool", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"},
}


class SafetensorsContent:
    """A checkpoint whose header was read, and whose numbers can be.

    Attributes:
        structure: the declared tensors by name, in the header's order.
        foreign: nothing: such a file holds tensors only.
    """

    foreign: tuple[str, ...] = ()

    def __init__(self, stream: IO[bytes], path: Path, places: Mapping[str, tuple[StoredTensor, int]]) -> None:
        self.structure = {name: tensor for name, (tensor, _) in places.items()}
        self._stream = stream
        self._path = path
        self._places = places

    def read(self, tensors: Mapping[str, StoredTensor]) -> dict[str, Array]:
        """The numbers of tensors that `StoredTensor.wrong` says nothing against.

        Raises:
            CheckpointError: the file is shorter than a moment ago.
        """
        found = {}
        for name, tensor in tensors.items():
            self._stream.seek(self._places[tensor.storage][1])
            stored = self._stream.read(tensor.numel * ITEM_BYTES[tensor.dtype])
            if len(stored) < tensor.numel * ITEM_BYTES[tensor.dtype]:
                raise _damaged(self._path, "it ended while it was read")
            found[name] = tensor_values(stored, tensor)
        return found


def read_safetensors(stream: IO[bytes], path: Path) -> SafetensorsContent:
    """The declared tensors of a file.

    Args:
        stream: the file, opened for reading; it must stay open while numbers are read.
        path: the file, for errors.

    Raises:
        CheckpointError: the header is damaged or too large, two tensors share bytes, or the file has another length
            than it declares.
    """
    size = os.fstat(stream.fileno()).st_size
    length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
    if length > MAX_HEADER_BYTES or _LENGTH_BYTES + length > size:
        raise _damaged(path, f"its header would have {length:,} bytes")
    header = parse_json(stream.read(length), str(path), CHECKPOINT)
    if not isinstance(header, dict):
        raise _damaged(path, "its header is no table")
    declared = {name: _tensor(name, item, path) for name, item in header.items() if name != "__metadata__"}
    at = 0
    for name, (_, begin, end) in sorted(declared.items(), key=lambda item: item[1][1:]):
        if begin != at:
            raise _damaged(path, f"{name[:80]!r} begins at byte {begin:,} of the data instead of {at:,}")
        at = end
    if _LENGTH_BYTES + length + at != size:
        raise _damaged(path, f"it has {size:,} bytes instead of {_LENGTH_BYTES + length + at:,}")
    begin = _LENGTH_BYTES + length
    return SafetensorsContent(stream, path, {name: (each[0], begin + each[1]) for name, each in declared.items()})


def _tensor(name: str, item: Any, path: Path) -> tuple[StoredTensor, int, int]:
    """A declared tensor, and where its data begins and ends."""
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
    return StoredTensor(shape, dtype, name, math.prod(shape)), begin, end


def _damaged(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"not a whole safetensors file: {why}", where=str(path), fix="copy or download the file again"
    )
