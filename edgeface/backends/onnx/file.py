"""Read an .onnx file without checking its graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.checks import read_model
from edgeface.errors import InputError
from edgeface.graph.external_data import check_external_files

if TYPE_CHECKING:
    import onnx

_LOCATION = b"location"
"""The key of external data, without which a file has none."""


def load_onnx(model: Path) -> onnx.ModelProto:
    """The model, with weights from external files.

    Raises:
        InputError: the file is missing, empty, or not an ONNX model; or a file of its weights is not usable.
    """
    from onnx.checker import ValidationError
    from onnx.external_data_helper import load_external_data_for_model

    data = read_model(model, {"onnx"})
    proto = _parsed(data, model)
    if _LOCATION in data:
        check_external_files(proto, model)
        try:
            load_external_data_for_model(proto, str(model.parent))
        except (OSError, ValueError, RuntimeError, ValidationError) as error:
            raise _unreadable(error, model) from error
    return proto


def check_onnx(model: Path) -> None:
    """Check that ONNX Runtime can open a model and the files of its weights by their paths.

    Raises:
        InputError: a file is missing, not a regular file or too large.
    """
    data = read_model(model, {"onnx"})
    if _LOCATION in data:
        check_external_files(_parsed(data, model), model)


def session_source(model: Path) -> str | bytes:
    """What ONNX Runtime opens a file by: its path, or its bytes where the path is not text.

    Raises:
        InputError: the path is not text, and the model has weights in other files.
    """
    try:
        str(model).encode("utf-8")
    except UnicodeEncodeError as error:
        data = read_model(model, {"onnx"})
        if _LOCATION in data:
            raise InputError(
                "ONNX Runtime finds no weights beside a model whose path is not UTF-8",
                where=str(model),
                fix="rename the folder or the file",
            ) from error
        return data
    return str(model)


def _parsed(data: bytes, model: Path) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return onnx.load_from_string(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error, model) from error


def _unreadable(error: Exception, model: Path) -> InputError:
    return InputError(
        f"cannot read an ONNX model: {error}", where=str(model), fix="pass an .onnx file that an export wrote"
    )
