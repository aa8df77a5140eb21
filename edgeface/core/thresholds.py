"""What a recipe requires of an artifact."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Thresholds(BaseModel):
    """What is required of an artifact; None requires nothing.

    max_abs: largest difference of any output element. snr_db: least signal-to-noise ratio of any output, in dB.
    matched_percent, extra_percent: of the reference's faces; allowed misses and extras are rounded up to a whole
    face, so that one face of few cannot decide. mean_score_change: mean absolute change of matched faces' scores.
    landmark_error_percent: mean, in percent of the face's size. mean_cosine, min_cosine: between a face's embedding
    and the reference's. accuracy_drop_points: of verification by folds, judged where pairs are given.
    precision_drop_points: of a detector's average precision, judged where labels are given. max_transposes,
    max_partitions: of the model as its runtime takes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
