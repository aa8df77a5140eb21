"""Fields that the contracts of all tasks share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import Self

ColorOrder = Literal["bgr", "rgb"]
Activation = Literal["relu", "leaky_relu", "relu6", "prelu"]
Coordinate = Annotated[float, Field(ge=-1e5, le=1e5)]
Point = tuple[Coordinate, Coordinate]
Level = Annotated[float, Field(ge=-1e6, le=1e6)]
"""A number that float32 pixels can be shifted and scaled by."""


class Frozen(BaseModel):
    """Immutable model that rejects unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, allow_inf_nan=False
    )


class ImageInput(Frozen):
    """Preprocessing: how an image becomes the network's input tensor of `height`×`width` pixels.

    x' = (x − mean) · scale for each channel, in the order given by `color`. A detector's image is resized to fit with
    its aspect ratio kept and placed at the top left; the padding is 0 after normalization. A recognizer's face is
    aligned to its alignment template.
    """

    name: str = "input"
    height: int = Field(ge=32, le=8192)
    width: int = Field(ge=32, le=8192)
    color: ColorOrder = Field(alias="colour")
    mean: tuple[Level, Level, Level]
    scale: tuple[Level, Level, Level] = (1.0, 1.0, 1.0)

    @property
    def value_range(self) -> tuple[float, float]:
        """Minimum and maximum that an 8-bit image can have after normalization."""
        ends = [(v - m) * s for m, s in zip(self.mean, self.scale, strict=True) for v in (0.0, 255.0)]
        return min(ends), max(ends)


class BaseContract(Frozen):
    """Fields that the contracts of all tasks share.

    `activation` is set for families, which build their network with it; a user's own model file needs none.
    """

    family: str
    variant: str
    activation: Activation | None = None
    input: ImageInput

    @property
    def network(self) -> tuple[object, ...]:
        """What determines the network: contracts that are equal in this differ only in preprocessing."""
        return (self.activation,)

    def with_color(self, color: ColorOrder) -> Self:
        """The same contract with a color order; mean and scale stay in tensor channel order."""
        return self.model_copy(update={"input": self.input.model_copy(update={"color": color})})

    def with_declared_color(self, color: ColorOrder) -> Self:
        """The same contract with a color order that the user declares."""
        return self.with_color(color)
