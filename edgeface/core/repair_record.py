"""What a repair changed and found, as manifests and certificates hold it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CurvePoint(BaseModel):
    """One build that was run: what was changed, its predicted time, and its drift from the reference.

    `time_percent` is relative to the build without changes; `drift` is by kind, on the calibration images.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    changed: tuple[str, ...]
    time_percent: float
    drift: dict[str, float]


class RepairRecord(BaseModel):
    """A repair of a build that its gate refused, or that more accuracy was asked for.

    Attributes:
        summary: what was changed, and what that gained, in a sentence.
        changed: corrections by name, and groups of nodes that are computed in float.
        added_time_percent: predicted, of the build without changes.
        before, after: the requirements that were missed at first, with what was measured on the images of the verdict.
        judged: how many builds these images have judged, the first one included.
        kinds: of drift that the search went by, the most telling first.
        images: how many calibration images the search measured on.
        curve: the builds of the search that no other beats in both accuracy and time, the first one, and the chosen
            one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    summary: str
    changed: tuple[str, ...]
    added_time_percent: float
    before: dict[str, str]
    after: dict[str, str]
    judged: int = Field(ge=1)
    kinds: tuple[str, ...]
    images: int = Field(ge=1)
    curve: tuple[CurvePoint, ...]
