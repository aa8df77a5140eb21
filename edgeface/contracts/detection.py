"""What a face detector's checkpoint does not say about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import (
    AliasChoices,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from edgeface.contracts.base import BaseContract
from edgeface.contracts.decode_table import SSD, Decoders, decode_as_fields
from edgeface.contracts.decoding import Anchors, DetectionOutputs, OutputNames, Parameters
from edgeface.contracts.frozen import ColorOrder
from edgeface.errors import ContractError

MAX_PRIORS = 1 << 23
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
    parameters: SerializeAsAny[Parameters] = Field(validation_alias=AliasChoices("anchors", "parameters", "decode"))
    outputs: SerializeAsAny[OutputNames] = Field(default={}, validate_default=True)
    score_threshold: float = Field(default=0.6, ge=0, le=1)
    nms_iou: float = Field(default=0.4, ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _with_parameters(cls, given: Any) -> Any:
        """Give a decoder that needs no parameters none: `ssd` cannot do without."""
        if not isinstance(given, Mapping) or given.get("decoder", SSD) == SSD:
            return given
        return given if {"anchors", "parameters", "decode"} & set(given) else {**given, "parameters": {}}

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
        """As older versions wrote it; with `ssd`, the format from when it was the only decoder."""
        document: dict[str, Any] = write(self)
        if not self.further:
            document.pop("further")
        if self.decoder != SSD:
            return document
        return {"anchors" if key == "parameters" else key: item for key, item in document.items() if key != "decoder"}

    @classmethod
    def as_fields(cls, document: Mapping[str, Any], decoders: Decoders, where: str) -> Mapping[str, Any]:
        """The document with its decoder named, and only parameters that the decoder has. Raises as of the base."""
        return decode_as_fields({k: v for k, v in document.items() if k != "recognition"}, decoders, where)

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
        return (*self.outputs.by_role.values(), *self.further)

    def with_declared_color(self, color: ColorOrder) -> DetectionContract:
        """The same contract with another color order, as variant "declared": named variants fix theirs."""
        changed = self.with_color(color)
        return self if changed == self else changed.model_copy(update={"variant": "declared"})

    def with_input_size(self, height: int, width: int) -> DetectionContract:
        """The same contract for another input size in pixels.

        Raises:
            InputError: a side is too short or too long, or not a multiple of the input's `multiple_of`.
        """
        return self.model_copy(update={"input": self.input.with_size(height, width)})
