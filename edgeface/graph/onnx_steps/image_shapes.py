"""Shapes of a model's inputs for images of a size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.errors import InputError
from edgeface.graph.onnx_steps.pin_inputs import model_inputs

if TYPE_CHECKING:
    import onnx

_COLORS = (1, 3, 4)


def image_shapes(model: onnx.ModelProto, size: tuple[int, int], where: str) -> dict[str, tuple[int, ...]]:
    """The shapes of a model's image inputs for one image, for `pin_inputs`.

    Channels are first if both orders are possible, and three if the model does not say.

    Args:
        model: a parsed model.
        size: height and width in pixels.
        where: its name in errors.

    Raises:
        InputError: no input is an image.
    """
    found: dict[str, tuple[int, ...]] = {}
    for value in model_inputs(model):
        dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        if len(dims) == 4 and dims[1] in _COLORS:
            found[value.name] = (1, dims[1], *size)
        elif len(dims) == 4 and dims[3] in _COLORS:
            found[value.name] = (1, *size, dims[3])
        elif len(dims) == 4 and not any(dims[1:]):
            found[value.name] = (1, 3, *size)
    if not found:
        raise InputError("the model has no image input that could be resized", where=where, fix="leave out --input")
    return found
