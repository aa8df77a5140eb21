"""How an image becomes a network's input tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from edgeface.contracts.frozen import ColorOrder, Frozen, Level
from edgeface.errors import InputError
from edgeface.reading.invalid import words_of

MIN_SIDE_PX, MAX_SIDE_PX = 8, 8192
Layout = Literal["nchw", "nhwc"]
Fit = Literal["letterbox", "stretch"]
_LATER = ("multiple_of", "layout", "swapped_axes", "fit", "crop")
"""Fields that older versions do not have: they are written only where they differ from their defaults."""


class ImageInput(Frozen):
    """Preprocessing: how an image becomes the network's input tensor of `height`×`width` pixels.

    x' = (x − mean) · scale for each channel, in the order given by `color`; "grey" is one channel. A detector's image
    is resized to fit with its aspect ratio kept and placed at the top left, the padding 0 after normalization; or, with
    `fit` "stretch", resized to the whole input. A recognizer's face is aligned to its alignment template.

    `layout` and `swapped_axes` say how a user's model file lays its input out: channels last, or x before y. Inside the
    tool, inputs are channels first, rows before columns (`edgeface.models.onnx_file`). Sides are multiples of
    `multiple_of`. `crop` documents how much larger than a face's box the crop is that the network is shown.
    """

    name: str = "input"
    height: int = Field(ge=MIN_SIDE_PX, le=MAX_SIDE_PX)
    width: int = Field(ge=MIN_SIDE_PX, le=MAX_SIDE_PX)
    color: ColorOrder = Field(alias="colour")
    mean: tuple[Level, ...]
    scale: tuple[Level, ...] = Field(default=1.0, validate_default=True)
    multiple_of: int = Field(default=1, ge=1, le=1024)
    layout: Layout = "nchw"
    swapped_axes: bool = False
    fit: Fit = "letterbox"
    crop: float | None = Field(default=None, gt=0, le=100)

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, given: Any) -> Any:
        """Read `size` as height and width."""
        if not isinstance(given, Mapping) or "size" not in given:
            return given
        size, rest = given["size"], {key: value for key, value in given.items() if key != "size"}
        if not isinstance(size, list | tuple) or len(size) != 2:
            raise ValueError("size is [height, width]")
        sides = dict(zip(("height", "width"), size, strict=True))
        if any(rest.get(key, side) != side for key, side in sides.items()):
            raise ValueError("size differs from height and width")
        return {**rest, **sides}

    @field_validator("color", mode="before")
    @classmethod
    def _spelled(cls, given: Any) -> Any:
        return "grey" if given in ("gray", "grayscale", "greyscale") else given

    @field_validator("mean", "scale", mode="before")
    @classmethod
    def _for_each_channel(cls, given: Any, info: ValidationInfo) -> Any:
        """Read one number as that of every channel."""
        channels = 1 if info.data.get("color") == "grey" else 3
        if isinstance(given, int | float | str) and not isinstance(given, bool):
            return (given,) * channels
        if isinstance(given, list | tuple) and len(given) != channels and "color" in info.data:
            raise ValueError(f"a number for each channel is asked for: {channels}, or one for all")
        return given

    @model_validator(mode="after")
    def _multiples(self) -> ImageInput:
        for name, side in (("height", self.height), ("width", self.width)):
            if side % self.multiple_of:
                raise ValueError(f"{name} {side} is not a multiple of {self.multiple_of}")
        return self

    @model_serializer(mode="wrap")
    def _without_defaults(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = write(self)
        fields = type(self).model_fields
        return {k: v for k, v in document.items() if k not in _LATER or v != fields[k].default}

    @property
    def channels(self) -> int:
        """Channels of the tensor."""
        return len(self.mean)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the tensor, NCHW."""
        return (1, self.channels, self.height, self.width)

    @property
    def value_range(self) -> tuple[float, float]:
        """Minimum and maximum that an 8-bit image can have after normalization."""
        ends = [(v - m) * s for m, s in zip(self.mean, self.scale, strict=True) for v in (0.0, 255.0)]
        return min(ends), max(ends)

    def with_size(self, height: int, width: int) -> ImageInput:
        """The same preprocessing for another size in pixels.

        Raises:
            InputError: a side is too short or too long, or not a multiple of `multiple_of`.
        """
        try:
            return ImageInput.model_validate(self.model_dump() | {"height": height, "width": width})
        except ValidationError as error:
            step = self.multiple_of
            near = [max(1, round(side / step)) * step for side in (height, width)]
            some = "480x640" if step == 1 else f"{near[0]}x{near[1]}"
            raise InputError(
                f"an input of {height}×{width} pixels is not usable: {words_of(error.errors()[0])}",
                where="input size",
                fix=f"use sides from {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels"
                + (f", multiples of {step}" if step > 1 else "")
                + f", e.g. {some}",
            ) from error

    def with_color(self, color: ColorOrder) -> ImageInput:
        """The same with another color order; mean and scale stay in the tensor's channel order.

        Raises:
            InputError: one of both orders is grey, which has other channels.
        """
        if (color == "grey") != (self.color == "grey"):
            raise InputError(f"the contract's input is {self.color}, which cannot be fed as {color}", where="color")
        return self.model_copy(update={"color": color})

    def upright(self) -> ImageInput:
        """The same once the model takes channels first and rows before columns."""
        return self.model_copy(update={"layout": "nchw", "swapped_axes": False})
