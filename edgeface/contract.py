"""What a checkpoint does not say about itself: one value, declared once, used everywhere.

Calibration, parity, evaluation, the manifest and the runtime all read the same Contract, so
they cannot disagree. Field values and their sources stand with each family in `edgeface.models`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeface.errors import InputError

ColourOrder = Literal["bgr", "rgb"]
Activation = Literal["relu", "leaky_relu"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageInput(_Frozen):
    """How a photograph becomes the network's input tensor.

    The photograph is resized to fit `height`×`width` (pixels) with its aspect ratio kept, placed at
    the top left, the rest filled so that it is 0 after normalisation; then x' = (x − mean) · scale
    for each channel, in the order that `colour` names.
    """

    name: str = "input"
    height: int = Field(ge=32, le=8192)
    width: int = Field(ge=32, le=8192)
    colour: ColourOrder
    mean: tuple[float, float, float]
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def value_range(self) -> tuple[float, float]:
        """Smallest and largest value that an 8-bit photograph can give after normalisation."""
        ends = [(v - m) * s for m, s in zip(self.mean, self.scale, strict=True) for v in (0.0, 255.0)]
        return min(ends), max(ends)


class Anchors(_Frozen):
    """Prior boxes: for each stride (pixels) the square anchor sides (pixels), in output order."""

    strides: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]
    variances: tuple[float, float] = (0.1, 0.2)


class DetectionOutputs(_Frozen):
    """Names of the three outputs: boxes [1,N,4], scores [1,N,2], landmarks [1,N,10]."""

    boxes: str = "boxes"
    scores: str = "scores"
    landmarks: str = "landmarks"


class DetectionContract(_Frozen):
    """Contract of an anchor-based face detector with five landmarks.

    `score_threshold` is the one for showing faces; `nms_iou` uses areas with the +1 pixel of the
    original evaluation code.
    """

    task: Literal["detection"] = "detection"
    family: str
    variant: str
    activation: Activation
    negative_slope: float = 0.0
    input: ImageInput
    anchors: Anchors
    outputs: DetectionOutputs = DetectionOutputs()
    score_threshold: float = 0.6
    nms_iou: float = 0.4

    def with_input_size(self, height: int, width: int) -> DetectionContract:
        """The same contract for another input size in pixels.

        Raises:
            InputError: a side is too short or too long.
        """
        resized = self.input.model_dump() | {"height": height, "width": width}
        try:
            return self.model_copy(update={"input": ImageInput.model_validate(resized)})
        except ValidationError as error:
            raise InputError(
                f"an input of {height}×{width} pixels is not usable: {error.errors()[0]['msg']}",
                where="input size",
                fix="use sides from 32 to 8192 pixels, e.g. 480x640",
            ) from error

    def with_colour(self, colour: ColourOrder) -> DetectionContract:
        """The same contract for the other colour order; mean and scale stay by tensor channel."""
        return self.model_copy(update={"input": self.input.model_copy(update={"colour": colour})})


Contract = DetectionContract
