"""Read an .onnx file without checking its graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.checks import check_model
from edgeface.errors import InputError

if TYPE_CHECKING:
    import onnx


def load_onnx(model: Path) -> onnx.ModelProto:
    """The model, with weights from external files.

    Raises:
        InputError: the file is missing, empty, or not an ONNX model.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    check_model(model)
    try:
        return onnx.load(model)
    except (OSError, DecodeError) as error:
        raise InputError(
            f"cannot read an ONNX model: {error}", where=str(model), fix="pass an .onnx file that an export wrote"
        ) from error
