"""Thresholds that a recipe sets for an artifact."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class MinEvidence(BaseModel):
    """What a requirement on decisions needs besides a figure within its limit; recipes state it as `[evidence]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    faces: int = Field(
        default=100, ge=1, description="Faces that the reference finds, that are compared or labeled, at least."
    )
    genuine_pairs: int = Field(default=300, ge=1, description="Pairs of images of one person, at least.")
    margin_percent: float = Field(
        default=2.0,
        ge=0,
        le=10,
        allow_inf_nan=False,
        description="Points by which the 95 % interval of a share of faces may reach beyond its limit.",
    )


class Thresholds(BaseModel):
    """Thresholds of the gate; None means no requirement.

    Descriptions are what recipes show. Noise is that of `edgeface.images.perturb`. Figures of samples are judged by
    their 95 % intervals (`core.bound`, `core.relative`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_abs: float | None = Field(default=None, description="Largest difference of any number of any output, at most.")
    snr_db: float | None = Field(
        default=None, description="Signal-to-noise ratio of every output against the reference, in dB, at least."
    )
    matched_percent: float | None = Field(
        default=None, description="Faces of the reference that are found, in percent, at least."
    )
    extra_percent: float | None = Field(
        default=None, description="Faces that the reference does not find, in percent of its faces, at most."
    )
    flips_percent: float | None = Field(
        default=None, description="Missed and extra faces together, in percent of the reference's faces, at most."
    )
    lost_percent: float | None = Field(
        default=None,
        description="Faces of the reference that are not even seen below the threshold, in percent, at most.",
    )
    new_percent: float | None = Field(
        default=None,
        description="Found faces that the reference does not even see below the threshold, in percent, at most.",
    )
    mean_score_change: float | None = Field(
        default=None, description="Mean absolute change of the scores of matched faces, at most."
    )
    landmark_error_percent: float | None = Field(
        default=None, description="Mean error of landmarks, in percent of the face's size, at most."
    )
    mean_cosine: float | None = Field(
        default=None, description="Mean cosine of an embedding to the reference's, at least."
    )
    min_cosine: float | None = Field(
        default=None, description="Lowest cosine of an embedding to the reference's, at least."
    )
    output_error: float | None = Field(
        default=None, description="Mean error of each output of a network for numbers, by their size, at most."
    )
    noise_factor: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description=(
            "How many times the reference's own noise is allowed: that of saving images again at JPEG "
            "quality 95 for flips, scores and landmarks, that of a shift by one pixel for embeddings. A "
            "figure with a limit of its own is judged by that alone."
        ),
    )
    accuracy_drop_points: float | None = Field(
        default=None, description="Points of verification accuracy that may be lost; judged where --pairs are given."
    )
    tar_drop_points: float | None = Field(
        default=None,
        description=(
            "Points of the true accept rate at an equal false accept rate that may be lost; judged where "
            "--pairs are given."
        ),
    )
    precision_drop_points: float | None = Field(
        default=None, description="Points of average precision that may be lost; judged where --labels are given."
    )
    max_transposes: int | None = Field(
        default=None, description="Operators that only move data, in the model as its runtime executes it, at most."
    )
    max_partitions: int | None = Field(
        default=None, description="Parts that the runtime's delegate takes, at most; each boundary costs time."
    )
    evidence: MinEvidence = Field(default=MinEvidence(), description="As [evidence], for this gate alone.")

    def required(self) -> dict[str, Any]:
        """The thresholds that are set."""
        return self.model_dump(exclude_none=True, exclude={"evidence"})
