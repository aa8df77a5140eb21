"""Arrays of tensors that an ONNX file stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.errors import InputError
from edgeface.graph.types import Array
from edgeface.reading.kinds import ONNX

if TYPE_CHECKING:
    import onnx


def stored_array(tensor: onnx.TensorProto, where: str) -> Array:
    """The numbers of a tensor in a model.

    Raises:
        InputError: its data does not have its type and shape.
    """
    from onnx import numpy_helper

    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"the tensor {tensor.name!r} is damaged: {said}", where=where, fix=ONNX.fix) from error
