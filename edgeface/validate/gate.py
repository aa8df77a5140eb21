"""The gate: a recipe's requirements, and whether they are met."""

from __future__ import annotations

from collections.abc import Mapping

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.tasks.task import Agreement, Noise, Task
from edgeface.validate.tensors import TensorAgreement


def judge(
    limits: Thresholds,
    tensors: Mapping[str, TensorAgreement],
    decisions: Agreement | None,
    task: Task,
    noise: Noise | None = None,
) -> list[Requirement]:
    """Every requirement that the thresholds make, with its verdict.

    Args:
        limits: the recipe's thresholds.
        tensors: agreement of each output.
        decisions: agreement of decisions; None where no images were judged.
        task: what the network is for.
        noise: the reference's agreement with itself on changed images; None where it was not measured.
    """
    requirements = []
    if limits.max_abs is not None:
        worst = max(t.max_abs for t in tensors.values())
        met = worst <= limits.max_abs
        requirements.append(
            Requirement("largest difference of any output", f"≤ {limits.max_abs:g}", f"{worst:.3g}", met)
        )
    if limits.snr_db is not None:
        lowest = min(t.snr_db for t in tensors.values())
        met = lowest >= limits.snr_db
        requirements.append(Requirement("minimum output SNR", f"≥ {limits.snr_db:g} dB", f"{lowest:.1f} dB", met))
    return requirements if decisions is None else requirements + task.requirements(limits, decisions, noise)
