"""What a manifest says an artifact was made from."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Threshold(_Open):
    cosine: float = Field(ge=-1, le=1)


class _Weights(_Open):
    file: str
    sha256: str
    threshold: _Threshold | None = None


class _Images(_Open):
    count: int = Field(ge=0)
    sha256: str = ""
    files: list[str] = []


class _How(_Open):
    how: str = ""
    confidence: float | None = None


class _Sources(_Open):
    weights: _Weights | None = None
    seed: int | None = None
    calibration: _Images | None = None
    judged_on: _Images | None = None
    contract: _How | None = None


def check_sources(document: dict[str, Any]) -> dict[str, Any]:
    """The document itself, in which what is used has the right types; other keys are free.

    Raises:
        ValueError: a value that is used has another type.
    """
    _Sources.model_validate(document)
    return document
