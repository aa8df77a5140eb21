"""External data of ONNX files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.cost.readers.onnx_dtypes import bits_of
from edgeface.errors import InputError
from edgeface.graph.external_data import external_file
from edgeface.reading.kinds import EXTERNAL_DATA
from edgeface.reading.regular_file import open_file

if TYPE_CHECKING:
    import onnx

KEPT_ELEMENTS = 1024
"""Constants up to this size may be shapes, so their data is kept."""

_SHOWN = 100  # characters of a damaged entry


def read_external(tensor: onnx.TensorProto, folder: Path | None, where: str) -> Path:
    """The checked file of a tensor's external data; a small constant is read from it, in place.

    Args:
        tensor: its entries for external data are removed.
        folder: the model's folder; None if it is not a file.
        where: name of the tensor in errors.

    Raises:
        InputError: the file is missing, too short or outside the folder, or the entries are wrong.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    if folder is None:
        raise InputError("external data needs a model file, next to which it is stored", where=where)
    path, size = external_file(location, folder, where)
    offset = _number(entries.get("offset", "0"), where)
    length = -(-math.prod(tensor.dims) * bits_of(tensor.data_type, where) // 8)
    said = _number(entries.get("length", str(length)), where)
    if said != length or offset + length > size:
        raise InputError(
            f"external data {location!r} does not contain {length:,} bytes for this tensor at {offset:,}",
            where=where,
            fix="the data file is truncated or belongs to another model: copy both again",
        )
    if math.prod(tensor.dims) <= KEPT_ELEMENTS:
        with open_file(path, EXTERNAL_DATA) as stream:
            stream.seek(offset)
            tensor.raw_data = stream.read(length)
    tensor.ClearField("data_location")
    del tensor.external_data[:]
    return path


def _number(text: str, where: str) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= 18):
        raise InputError(
            f"external data at the invalid offset or length {text[:_SHOWN]!r}",
            where=where,
            fix="export the model again",
        )
    return int(text)
