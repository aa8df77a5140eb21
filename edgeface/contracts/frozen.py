"""Immutable values of contracts, and the types of their fields."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ColorOrder = Literal["bgr", "rgb", "grey"]
Coordinate = Annotated[float, Field(ge=-1e5, le=1e5)]
Point = tuple[Coordinate, Coordinate]
Level = Annotated[float, Field(ge=-1e6, le=1e6)]
"""A number that float32 pixels can be shifted and scaled by."""


class Frozen(BaseModel):
    """Immutable model that rejects unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, allow_inf_nan=False
    )
