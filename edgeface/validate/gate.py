"""The gate: a recipe's requirements, and whether they are met."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.tasks.task import Agreement, Noise, Task
from edgeface.validate.tensors import TensorAgreement

_LARGE = 16.0
"""Outputs of larger numbers are judged by differences in parts of their largest."""

_NEAR = 0.02
"""Five of the 255 steps of an 8-bit probability: closer ones are nearly the same."""


def judge(
    limits: Thresholds,
    tensors: Mapping[str, TensorAgreement],
    decisions: Agreement | None,
    task: Task,
    noise: Noise | None = None,
    probabilities: Collection[str] = (),
) -> list[Requirement]:
    """Every requirement that the thresholds make, with its verdict.

    Args:
        limits: the recipe's thresholds.
        tensors: agreement of each output.
        decisions: agreement of decisions; None where no images were judged.
        task: what the network is for.
        noise: the reference's agreement with itself on changed images; None where it was not measured.
        probabilities: the outputs that are probabilities; see `_least_snr`.
    """
    requirements = []
    if limits.max_abs is not None:
        requirements.append(_largest_difference(limits.max_abs, tensors))
    if limits.snr_db is not None:
        requirements.append(_least_snr(limits.snr_db, tensors, probabilities))
    return requirements if decisions is None else requirements + task.requirements(limits, decisions, noise)


def _largest_difference(limit: float, tensors: Mapping[str, TensorAgreement]) -> Requirement:
    """The requirement on differences: absolute, but for outputs of large numbers, e.g. pixels, in parts of the largest.

    Float32 rounds those by more, whatever computes them.
    """
    what, kept = "largest difference of any output", {name: found.max_abs for name, found in tensors.items()}
    allowed = {name: limit * max(1.0, found.peak / _LARGE) for name, found in tensors.items()}
    worst = max(kept, key=lambda name: kept[name] / allowed[name] if allowed[name] else kept[name])
    words = f"≤ {limit:g}"
    if allowed[worst] > limit:
        words = f"≤ {allowed[worst]:.2g} of up to {tensors[worst].peak:.3g}"
    return Requirement(what, words, f"{kept[worst]:.3g}", kept[worst] <= allowed[worst])


def _least_snr(limit: float, tensors: Mapping[str, TensorAgreement], probabilities: Collection[str]) -> Requirement:
    """The requirement on signal-to-noise ratios.

    A probability counts against 1, not against the largest that these images have: one of 1e-5 that is off by 1e-7 is
    right. So probabilities that are nearly the same everywhere are met, whatever their ratio.
    """
    near = _NEAR if limit <= 0 else min(_NEAR, 10 ** (-limit / 20))
    small = {
        name: found.max_abs
        for name, found in tensors.items()
        if name in probabilities and found.snr_db < limit and found.max_abs <= near
    }
    ratios = [found.snr_db for name, found in tensors.items() if name not in small]
    words = [f"{min(ratios):.1f} dB"] if ratios else []
    words += [f"probabilities within {max(small.values()):.2g}"] if small else []
    return Requirement("minimum output SNR", f"≥ {limit:g} dB", ", ".join(words), min(ratios, default=limit) >= limit)
