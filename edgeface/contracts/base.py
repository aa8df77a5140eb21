"""What contracts of every task declare."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import Self

ColorOrder = Literal["bgr", "rgb"]
Activation = Literal["relu", "leaky_relu", "relu6", "prelu"]
Point = tuple[float, float]


class Frozen(BaseModel):
    """A value: immutable, and without keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class ImageInput(Frozen):
    """How an image of `height`×`width` pixels becomes the network's input tensor.

    x' = (x − mean) · scale for each channel, in the order that `color` names. A detector's image is resized to
    fit with its aspect ratio kept, placed at the top left, and the rest filled so that it is 0 after normalization;
    a recognizer's face is aligned to its template.
    """

    name: str = "input"
    height: int = Field(ge=32, le=8192)
    width: int = Field(ge=32, le=8192)
    color: ColorOrder = Field(alias="colour")
    mean: tuple[float, float, float]
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def value_range(self) -> tuple[float, float]:
        """Smallest and largest value that an 8-bit image can give after normalization."""
        ends = [(v - m) * s for m, s in zip(self.mean, self.scale, strict=True) for v in (0.0, 255.0)]
        return min(ends), max(ends)


class BaseContract(Frozen):
    """What contracts of every task declare.

    `activation` is a family's, which builds its network by it; a user's own model file holds its own.
    """

    family: str
    variant: str
    activation: Activation | None = None
    input: ImageInput

    @property
    def network(self) -> tuple[object, ...]:
        """What the network is built by: contracts that are equal in this differ in how images enter only."""
        return (self.activation,)

    def with_color(self, color: ColorOrder) -> Self:
        """The same contract for the other color order; mean and scale stay by tensor channel."""
        return self.model_copy(update={"input": self.input.model_copy(update={"color": color})})

    def with_declared_color(self, color: ColorOrder) -> Self:
        """The same contract for the color order that somebody declares of it."""
        return self.with_color(color)
