"""The gate: what a recipe requires, and whether it was met."""

from __future__ import annotations

import math
from collections.abc import Mapping

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.tasks.detection.match import Agreement
from edgeface.tasks.recognition.agreement import EmbeddingAgreement
from edgeface.validate.tensors import TensorAgreement


def judge(
    limits: Thresholds, tensors: Mapping[str, TensorAgreement], decisions: Agreement | EmbeddingAgreement | None
) -> list[Requirement]:
    """Every requirement that the thresholds make, with its verdict.

    Args:
        limits: the recipe's thresholds.
        tensors: agreement by output.
        decisions: agreement of decisions; None where no images were judged.
    """
    requirements = []
    if limits.max_abs is not None:
        worst = max(t.max_abs for t in tensors.values())
        met = worst <= limits.max_abs
        requirements.append(
            Requirement("largest difference of any output", f"≤ {limits.max_abs:g}", f"{worst:.3g}", met)
        )
    if limits.snr_db is not None:
        least = min(t.snr_db for t in tensors.values())
        met = least >= limits.snr_db
        requirements.append(Requirement("least output SNR", f"≥ {limits.snr_db:g} dB", f"{least:.1f} dB", met))
    if isinstance(decisions, Agreement):
        return requirements + _judge_faces(limits, decisions)
    return requirements if decisions is None else requirements + _judge_embeddings(limits, decisions)


def _judge_embeddings(limits: Thresholds, found: EmbeddingAgreement) -> list[Requirement]:
    measured = (
        ("mean cosine to float32", limits.mean_cosine, found.mean_cosine),
        ("least cosine to float32", limits.min_cosine, found.min_cosine),
    )
    return [
        Requirement(what, f"≥ {limit:g}", f"{value:.5f}", value >= limit)
        for what, limit, value in measured
        if limit is not None
    ]


def _judge_faces(limits: Thresholds, faces: Agreement) -> list[Requirement]:
    requirements = []
    count = faces.reference_faces
    if limits.matched_percent is not None:
        allowed = math.ceil(count * (100 - limits.matched_percent) / 100 - 1e-9)
        said = f"{faces.matched_share:.2%} ({faces.missed} of {count} missed)"
        limit = f"≥ {limits.matched_percent:g}% (≤ {allowed} missed)"
        requirements.append(Requirement("faces matched", limit, said, faces.missed <= allowed))
    if limits.extra_percent is not None:
        allowed = math.ceil(count * limits.extra_percent / 100 - 1e-9)
        said, limit = f"{faces.extra_share:.2%} ({faces.extra})", f"≤ {limits.extra_percent:g}% (≤ {allowed})"
        requirements.append(Requirement("extra faces", limit, said, faces.extra <= allowed))
    for what, limit_value, measured in (
        ("mean score change", limits.mean_score_change, faces.mean_score_change),
        ("mean landmark error in % of face size", limits.landmark_error_percent, faces.mean_landmark_error_percent),
    ):
        if limit_value is not None:
            requirements.append(Requirement(what, f"≤ {limit_value:g}", f"{measured:.4f}", measured <= limit_value))
    return requirements
