"""A recipe's requirements on two networks' numbers: absolute, and relative to the reference's own noise."""

from __future__ import annotations

from collections.abc import Iterator

from edgeface.core.bound import Bound, Figure, enough
from edgeface.core.relative import Relative, unmeasured
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.images.perturb import JPEG_95
from edgeface.tasks.generic.agreement import NumbersAgreement, OutputAgreement
from edgeface.tasks.task import Noise

IMAGES = "images"
GATE_NOISE = JPEG_95
"""The noise that artifacts are compared with: an image that was saved once more is still that image."""

LEAST_ERROR = 0.01
"""What the noise counts as at least: a hundredth of the numbers' size, or of 1 where they are from 0 to 1."""


def number_requirements(limits: Thresholds, found: NumbersAgreement, noise: Noise | None = None) -> list[Requirement]:
    """The thresholds' requirements on each output, judged by 95 % intervals.

    Args:
        limits: the thresholds.
        found: the agreement.
        noise: the reference's agreement with itself on changed images, by their names.
    """
    if not limits.required():
        return []
    of_noise: NumbersAgreement | None = (noise or {}).get(GATE_NOISE.name)
    judged = [enough("images compared", found.cases, limits.evidence.faces, IMAGES)]
    for name, output in found.outputs.items():
        judged += _of_output(limits, f"mean error of output {name!r}", output, _noise_of(of_noise, name))
    return judged


def _of_output(
    limits: Thresholds, what: str, found: OutputAgreement, noise: OutputAgreement | None
) -> Iterator[Requirement]:
    least = limits.evidence.faces
    if limits.output_error is not None:
        mean = found.mean_error
        yield Bound(what, limits.output_error, least).judge(
            Figure(mean, len(found.errors), IMAGES, f"{mean.value:.6f}")
        )
    elif limits.noise_factor is not None and noise is None:
        yield unmeasured(what, GATE_NOISE.name)
    elif limits.noise_factor is not None and noise is not None:
        relative = Relative(what, limits.noise_factor, GATE_NOISE.name, LEAST_ERROR, least, IMAGES)
        yield relative.of_means(found.relative_errors, [error / found.scale for error in noise.errors])


def _noise_of(noise: NumbersAgreement | None, name: str) -> OutputAgreement | None:
    return None if noise is None else noise.outputs.get(name)
