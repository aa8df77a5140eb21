"""Thresholds that a recipe sets for an artifact."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class MinEvidence(BaseModel):
    """What a requirement on decisions needs besides a figure within its limit; recipes state it as `[evidence]`.

    faces: minimum number that the reference finds, or whose embeddings are compared, or that are labeled.
    genuine_pairs: minimum number of pairs of images of one person. margin_percent: how many points the 95 % interval of
    a share of faces may reach beyond its limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    faces: int = Field(default=100, ge=1)
    genuine_pairs: int = Field(default=300, ge=1)
    margin_percent: float = Field(default=2.0, ge=0, le=10, allow_inf_nan=False)


class Thresholds(BaseModel):
    """Thresholds of the gate; None means no requirement.

    max_abs: maximum difference of any output element. snr_db: minimum signal-to-noise ratio of any output, in dB.
    matched_percent, extra_percent: of the reference's faces. flips_percent: missed and extra ones together.
    lost_percent, new_percent: those that the artifact, or the reference, does not find at all. mean_score_change: mean
    absolute score change of matched faces. landmark_error_percent: mean, in percent of face size. mean_cosine,
    min_cosine: between a face's embedding and the reference's. output_error: mean error of each output of a network for
    numbers, by their size.

    noise_factor: how many times as much as the reference's own noise (`edgeface.images.perturb`) is allowed: flips,
    mean score change and landmark error against those of JPEG 95; what the mean cosine lacks of 1, and changed verdicts
    on pairs, against a shift by one pixel. A figure that has a limit of its own is judged by that alone.

    accuracy_drop_points: of cross-validated verification, and tar_drop_points: of the true accept rate at an equal
    false accept rate; checked where pairs are given. precision_drop_points: of a detector's average precision, checked
    where labels are given. max_transposes, max_partitions: of the model as its runtime executes it. evidence: how many
    cases decide at all; figures of samples are judged by their 95 % intervals (`core.bound`, `core.relative`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_abs: float | None = None
    snr_db: float | None = None
    matched_percent: float | None = None
    extra_percent: float | None = None
    flips_percent: float | None = None
    lost_percent: float | None = None
    new_percent: float | None = None
    mean_score_change: float | None = None
    landmark_error_percent: float | None = None
    mean_cosine: float | None = None
    min_cosine: float | None = None
    output_error: float | None = None
    noise_factor: float | None = Field(default=None, gt=0, le=100)
    accuracy_drop_points: float | None = None
    tar_drop_points: float | None = None
    precision_drop_points: float | None = None
    max_transposes: int | None = None
    max_partitions: int | None = None
    evidence: MinEvidence = MinEvidence()

    def required(self) -> dict[str, Any]:
        """The thresholds that are set."""
        return self.model_dump(exclude_none=True, exclude={"evidence"})
