"""Thresholds that a recipe sets for an artifact."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Thresholds(BaseModel):
    """Thresholds of the gate; None means no requirement.

    max_abs: maximum difference of any output element. snr_db: minimum signal-to-noise ratio of any output, in dB.
    matched_percent, extra_percent: of the reference's faces; the allowed misses and extras are rounded up to a whole
    face, so that one face in a small set cannot decide. mean_score_change: mean absolute score change of matched faces.
    landmark_error_percent: mean, in percent of face size. mean_cosine, min_cosine: between a face's embedding and the
    reference's. accuracy_drop_points: of cross-validated verification, checked where pairs are given.
    precision_drop_points: of a detector's average precision, checked where labels are given. max_transposes,
    max_partitions: of the model as its runtime executes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_abs: float | None = None
    snr_db: float | None = None
    matched_percent: float | None = None
    extra_percent: float | None = None
    mean_score_change: float | None = None
    landmark_error_percent: float | None = None
    mean_cosine: float | None = None
    min_cosine: float | None = None
    accuracy_drop_points: float | None = None
    precision_drop_points: float | None = None
    max_transposes: int | None = None
    max_partitions: int | None = None
