"""What a face detector's checkpoint does not say about itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from edgeface.contracts.base import BaseContract, ColorOrder, ImageInput
from edgeface.errors import ContractError, InputError

Side = Annotated[int, Field(ge=1, le=1 << 15)]
Variance = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
MAX_PRIORS = 1 << 23
SSD = "ssd"
"""The default decoder."""


class Parameters(BaseModel):
    """A decoder's parameters by name, as JSON and TOML hold them; the decoder interprets them.

    Lists become tuples, so that a contract is immutable and equal to itself after a round trip through a file.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _freeze(cls, given: Any) -> Any:
        return {key: _frozen(value) for key, value in given.items()} if isinstance(given, Mapping) else given


class Anchors(Parameters):
    """Parameters of `ssd`: the sides of the square anchors (pixels) for each stride (pixels), in output order.

    Further ones, as `landmarks`, are kept as they are given, and checked by the decoder.
    """

    strides: tuple[Side, ...] = Field(min_length=1, max_length=16)
    sizes: tuple[Annotated[tuple[Side, ...], Field(min_length=1, max_length=64)], ...]
    variances: tuple[Variance, Variance] = (0.1, 0.2)

    @model_validator(mode="after")
    def _agree(self) -> Anchors:
        if len(self.sizes) != len(self.strides):
            raise ValueError(f"there are {len(self.strides)} strides, and sizes for {len(self.sizes)}")
        return self


class OutputNames(BaseModel):
    """Names of the network's outputs by the decoder's role for them, in the network's order."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    __pydantic_extra__: dict[str, str]

    @property
    def by_role(self) -> dict[str, str]:
        """The names by role."""
        return {role: str(name) for role, name in self.model_dump().items()}


class DetectionOutputs(OutputNames):
    """Names of the three outputs of `ssd`: boxes [1,N,4], scores [1,N,2], landmarks [1,N,10]."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    boxes: str = "boxes"
    scores: str = "scores"
    landmarks: str = "landmarks"


_BOXES = {"boxes": "boxes", "scores": "scores"}
"""The outputs of `ssd` without landmarks."""


class DetectionContract(BaseContract):
    """Contract of a face detector.

    `decoder` names the file in `edgeface.tasks.detection.decoders` that turns the outputs into boxes, scores and
    landmarks with its `parameters`; those of `ssd` are `Anchors`, under the key `anchors` in files. `score_threshold`
    is for displaying faces; `nms_iou` uses areas with the +1 pixel of the original evaluation code.
    """

    task: Literal["detection"] = "detection"
    negative_slope: float = Field(default=0.0, ge=-100, le=100)
    decoder: str = SSD
    parameters: SerializeAsAny[Parameters] = Field(validation_alias=AliasChoices("anchors", "parameters"))
    outputs: SerializeAsAny[OutputNames] = Field(default={}, validate_default=True)
    score_threshold: float = Field(default=0.6, ge=0, le=1)
    nms_iou: float = Field(default=0.4, ge=0, le=1)

    @field_validator("parameters", "outputs", mode="before")
    @classmethod
    def _read_by_decoder(cls, given: Any, info: ValidationInfo) -> Any:
        """Give the parameters and outputs of `ssd` their types."""
        if info.data.get("decoder") != SSD or not isinstance(given, Mapping):
            return given
        if info.field_name == "parameters":
            return Anchors.model_validate(given)
        parameters = info.data.get("parameters")
        has_landmarks = getattr(parameters, "landmarks", None) != 0
        return (
            DetectionOutputs.model_validate(given) if has_landmarks else OutputNames.model_validate({**_BOXES, **given})
        )

    @model_validator(mode="after")
    def _countable(self) -> DetectionContract:
        """Refuse more priors than any network has: they are computed from a few numbers."""
        if isinstance(self.parameters, Anchors):
            height, width = self.input.height, self.input.width
            pairs = zip(self.parameters.strides, self.parameters.sizes, strict=True)
            count = sum(-(-height // stride) * -(-width // stride) * len(sizes) for stride, sizes in pairs)
            if count > MAX_PRIORS:
                raise ValueError(f"{count:,} priors at {height}×{width} pixels, over {MAX_PRIORS:,}")
        return self

    @model_serializer(mode="wrap")
    def _write_by_decoder(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """With `ssd`, the format from when it was the only decoder."""
        document: dict[str, Any] = write(self)
        if self.decoder != SSD:
            return document
        return {"anchors" if key == "parameters" else key: item for key, item in document.items() if key != "decoder"}

    @property
    def network(self) -> tuple[object, ...]:
        """The activation and its slope."""
        return (self.activation, self.negative_slope)

    @property
    def anchors(self) -> Anchors:
        """The parameters of `ssd`.

        Raises:
            ContractError: the contract has another decoder.
        """
        if not isinstance(self.parameters, Anchors):
            raise ContractError(f"the decoder {self.decoder!r} has no anchors", where=f"{self.family} ({self.variant})")
        return self.parameters

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the network's order."""
        return tuple(self.outputs.by_role.values())

    def with_declared_color(self, color: ColorOrder) -> DetectionContract:
        """The same contract with another color order, as variant "declared": named variants fix theirs."""
        changed = self.with_color(color)
        return self if changed == self else changed.model_copy(update={"variant": "declared"})

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


def _frozen(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    return value
