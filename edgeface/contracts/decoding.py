"""Parameters of decoders, and names of the outputs that they take, as contracts hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edgeface.contracts.output_roles import flat_roles

Side = Annotated[int, Field(ge=1, le=1 << 15)]
Anchor = Side | Annotated[float, Field(ge=1, le=1 << 15, allow_inf_nan=False)]
Variance = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
MAX_OUTPUTS = 256
_MAX_NAME = 1024


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
    """Parameters of `ssd`: for each stride (pixels) its anchors, in output order: sides of squares, or [width, height].

    Further ones, as `landmarks`, are kept as they are given, and checked by the decoder.
    """

    strides: tuple[Side, ...] = Field(min_length=1, max_length=16)
    sizes: tuple[Annotated[tuple[Anchor | tuple[Anchor, Anchor], ...], Field(min_length=1, max_length=64)], ...]
    variances: tuple[Variance, Variance] = (0.1, 0.2)

    @model_validator(mode="after")
    def _agree(self) -> Anchors:
        if len(self.sizes) != len(self.strides):
            raise ValueError(f"there are {len(self.strides)} strides, and sizes for {len(self.sizes)}")
        return self


class OutputNames(BaseModel):
    """Names of the network's outputs by the decoder's role for them, in the network's order.

    A role of several scales has a list of names.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    __pydantic_extra__: dict[str, str | tuple[str, ...]]

    @model_validator(mode="after")
    def _named(self) -> OutputNames:
        names = list(self.by_role.values())
        if len(names) > MAX_OUTPUTS or not all(0 < len(name) <= _MAX_NAME for name in names):
            raise ValueError(f"at most {MAX_OUTPUTS} outputs have a name each, of up to {_MAX_NAME} characters")
        return self

    @property
    def by_role(self) -> dict[str, str]:
        """The names by role; of a list `scores`, by `scores_0`, `scores_1` and so on."""
        return flat_roles(self.model_dump())


class DetectionOutputs(OutputNames):
    """Names of the three outputs of `ssd`: boxes [1,N,4], scores [1,N,2], landmarks [1,N,2K]."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    boxes: str = "boxes"
    scores: str = "scores"
    landmarks: str = "landmarks"


def _frozen(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    return value
