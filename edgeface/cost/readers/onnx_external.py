"""Data that an ONNX file keeps in files beside it."""

from __future__ import annotations

import math
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgeface.cost.readers.onnx_dtypes import bits_of
from edgeface.errors import InputError

if TYPE_CHECKING:
    import onnx

KEPT_ELEMENTS = 1024
"""Constants as small as this may be shapes, so their numbers stay."""

_SHOWN = 100  # characters of a damaged entry


def read_external(tensor: onnx.TensorProto, folder: Path | None, where: str) -> Path:
    """The file that holds a tensor's data, checked; a small constant is read from it, in place.

    Args:
        tensor: its entries for external data are taken away.
        folder: the model's; None where it is no file.
        where: how errors name the tensor.

    Raises:
        InputError: the file is missing, too short or outside the folder, or the entries lie.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    if folder is None:
        raise InputError("external data without a file that it could stand beside", where=where)
    path = _beside(folder, location)
    if path is None:
        raise InputError(
            f"the model points to data outside its folder: {location[:_SHOWN]!r}",
            where=where,
            fix="save the model again with its data beside it; do not use files from sources that you do not trust",
        )
    if not path.is_file():
        raise InputError(
            f"the model's external data {location!r} is missing", where=where, fix="copy it beside the model"
        )
    offset = _number(entries.get("offset", "0"), where)
    length = -(-math.prod(tensor.dims) * bits_of(tensor.data_type, where) // 8)
    said = _number(entries.get("length", str(length)), where)
    if said != length or offset + length > path.stat().st_size:
        raise InputError(
            f"external data {location!r} holds no {length:,} bytes for this tensor at {offset:,}",
            where=where,
            fix="the data file is cut short or of another model: copy both again",
        )
    if math.prod(tensor.dims) <= KEPT_ELEMENTS:
        with path.open("rb") as stream:
            stream.seek(offset)
            tensor.raw_data = stream.read(length)
    tensor.ClearField("data_location")
    del tensor.external_data[:]
    return path


def _beside(folder: Path, location: str | bytes) -> Path | None:
    """The path of external data, or None where it is none or leaves the model's folder."""
    if not isinstance(location, str) or not location or "\0" in location or "\\" in location:
        return None
    if PurePosixPath(location).is_absolute() or ".." in PurePosixPath(location).parts:
        return None
    try:
        path = folder / location
        path.exists()  # asks the system, which may find the name too long
        return path if path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, RuntimeError):  # too long a name; links that point to each other
        return None


def _number(text: str, where: str) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= 18):
        raise InputError(f"external data at the place {text[:_SHOWN]!r}", where=where, fix="export the model again")
    return int(text)
