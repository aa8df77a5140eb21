"""A recipe's requirements on two recognizers' agreement: absolute, and relative to the reference's own noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edgeface.core.bound import Bound, Figure, enough
from edgeface.core.confidence import Interval
from edgeface.core.relative import Relative, unmeasured
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.images.perturb import SHIFT
from edgeface.tasks.recognition.agreement import EmbeddingAgreement
from edgeface.tasks.task import Noise

FACES = "faces"
GATE_NOISE = SHIFT
"""The noise that artifacts are compared with: no detector places the landmarks that align a face to a pixel."""

LOSS = "what the mean cosine to float32 lacks of 1"
LEAST_LOSS = 0.002


def embedding_requirements(
    limits: Thresholds, found: EmbeddingAgreement, noise: Noise | None = None
) -> list[Requirement]:
    """The thresholds' requirements on two recognizers' agreement; the mean is judged by its 95 % interval.

    Args:
        limits: the thresholds.
        found: the agreement.
        noise: the reference's agreement with itself on changed images, by their names.
    """
    if not limits.required():
        return []
    enough_faces = enough("faces compared", len(found.cosines), limits.evidence.faces, FACES)
    return [enough_faces, *_absolute(limits, found), *_relative(limits, found, noise)]


def _absolute(limits: Thresholds, found: EmbeddingAgreement) -> Iterator[Requirement]:
    least, count = limits.evidence.faces, len(found.cosines)
    if limits.mean_cosine is not None:
        mean = Figure(found.mean_cosine, count, FACES, f"{found.mean_cosine.value:.5f}")
        yield Bound("mean cosine to float32", limits.mean_cosine, least, at_least=True).judge(mean)
    if limits.min_cosine is not None:
        lowest = Interval(*[found.min_cosine] * 3)  # of the faces seen: no interval holds the extreme of others
        figure = Figure(lowest, count, FACES, f"{found.min_cosine:.5f}")
        bound = Bound("minimum cosine to float32", limits.min_cosine, least, at_least=True)
        yield replace(bound.judge(figure), interval=None)


def _relative(limits: Thresholds, found: EmbeddingAgreement, noise: Noise | None) -> Iterator[Requirement]:
    if limits.noise_factor is None or limits.mean_cosine is not None:
        return
    of_noise: EmbeddingAgreement | None = (noise or {}).get(GATE_NOISE.name)
    if of_noise is None:
        yield unmeasured(LOSS, GATE_NOISE.name)
        return
    least = limits.evidence.faces
    loss = Relative(LOSS, limits.noise_factor, GATE_NOISE.name, LEAST_LOSS, least, FACES, 5)
    yield loss.of_means(found.losses, of_noise.losses)
