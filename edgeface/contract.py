"""What a checkpoint does not say about itself: one value, declared once, used everywhere.

Calibration, parity, evaluation, the manifest and the runtime all read the same Contract, so
they cannot disagree. Field values and their sources stand with each family in `edgeface.models`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from typing_extensions import Self

from edgeface.errors import ContractError, InputError

ColourOrder = Literal["bgr", "rgb"]
Activation = Literal["relu", "leaky_relu", "relu6", "prelu"]
Point = tuple[float, float]

ARCFACE_TEMPLATE: tuple[Point, Point, Point, Point, Point] = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where eyes, nose and corners of the mouth stand in an aligned face of 112×112 pixels (insightface)."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageInput(_Frozen):
    """How a picture of `height`×`width` pixels becomes the network's input tensor.

    x' = (x − mean) · scale for each channel, in the order that `colour` names. A detector's photograph is resized to
    fit with its aspect ratio kept, placed at the top left, and the rest filled so that it is 0 after normalisation;
    a recogniser's face is aligned to its template.
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


class _Contract(_Frozen):
    """What contracts of every task declare."""

    family: str
    variant: str
    activation: Activation
    input: ImageInput

    def with_colour(self, colour: ColourOrder) -> Self:
        """The same contract for the other colour order; mean and scale stay by tensor channel."""
        return self.model_copy(update={"input": self.input.model_copy(update={"colour": colour})})


class DetectionContract(_Contract):
    """Contract of an anchor-based face detector with five landmarks.

    `score_threshold` is the one for showing faces; `nms_iou` uses areas with the +1 pixel of the
    original evaluation code.
    """

    task: Literal["detection"] = "detection"
    negative_slope: float = 0.0
    anchors: Anchors
    outputs: DetectionOutputs = DetectionOutputs()
    score_threshold: float = 0.6
    nms_iou: float = 0.4

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the order of the network's own."""
        return self.outputs.boxes, self.outputs.scores, self.outputs.landmarks

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


class RecognitionContract(_Contract):
    """Contract of a face recogniser: an aligned face in, an embedding out.

    `template` is where the five landmarks stand in the aligned face, in pixels of the input; `width` the numbers in
    the embedding [1,width]. With `flip`, a face's embedding is the sum of its own and of its mirror image's. Faces
    are compared by the cosine of their embeddings, which need not have unit length.
    """

    task: Literal["recognition"] = "recognition"
    template: tuple[Point, Point, Point, Point, Point] = ARCFACE_TEMPLATE
    output: str = "embedding"
    width: int = Field(ge=1, le=8192)
    flip: bool = True

    @property
    def output_names(self) -> tuple[str, ...]:
        """The name of the one output."""
        return (self.output,)

    def with_input_size(self, height: int, width: int) -> RecognitionContract:
        """The same contract, for the size that it has anyway.

        Raises:
            InputError: another size; a recogniser's weights are trained for one.
        """
        if (height, width) != (self.input.height, self.input.width):
            raise InputError(
                f"{self.family} takes aligned faces of {self.input.height}×{self.input.width} pixels only",
                where="input size",
                fix="leave out --input",
            )
        return self


Contract: TypeAlias = Annotated[DetectionContract | RecognitionContract, Field(discriminator="task")]
"""Any task's contract."""


def detection(contract: Contract) -> DetectionContract:
    """The contract, of a detector.

    Raises:
        ContractError: it is a recogniser's.
    """
    if not isinstance(contract, DetectionContract):
        raise ContractError(f"{contract.family} is no face detector", fix="pass a detector's artifact or model")
    return contract


def recognition(contract: Contract) -> RecognitionContract:
    """The contract, of a recogniser.

    Raises:
        ContractError: it is a detector's.
    """
    if not isinstance(contract, RecognitionContract):
        raise ContractError(f"{contract.family} is no face recogniser", fix="pass a recogniser's artifact or model")
    return contract
