"""Comparison of two embeddings: the threshold, its source, and whether they are the same person's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeface.core.artifact import CERTIFICATE, Artifact
from edgeface.errors import InputError
from edgeface.reading.regular_file import is_file
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.recognition.vectors import cosine

ThresholdSource = Literal["given", "certificate", "weights", "default"]

DEFAULT_THRESHOLD = 0.35
"""For recognizers without a measured threshold: the cosine where two public MobileFaceNets agree best.

On 300 people of LFW in two images each, none of them in its pairs, faces found by RetinaFace-mnet0.25: 99.0 % of
same-person pairs are at or above it with either (`relu6-128`, `prelu-112x96`), and 0.09 % and 0.52 % of others.
At 0.3 these are 99.7 and 99.3 %, 0.34 and 1.30 %.
"""


@dataclass(frozen=True)
class Threshold:
    """Minimum cosine for the same person, and its source.

    That is the caller; the artifact's certificate, which measured the artifact; its manifest, in which the weights
    state what was measured of them in float32; or the default.
    """

    cosine: float
    source: ThresholdSource


@dataclass(frozen=True)
class Comparison:
    """Comparison of two faces: the cosine of their embeddings, and the threshold that decides.

    `faces` are the compared faces, in pixels of their images; None where aligned faces were given.
    """

    similarity: float
    threshold: float
    threshold_source: ThresholdSource
    faces: tuple[Face, Face] | None = None

    @property
    def same(self) -> bool:
        """Whether the faces count as the same person's."""
        return self.similarity >= self.threshold


def compare_embeddings(
    a: NDArray[np.float32], b: NDArray[np.float32], threshold: Threshold, faces: tuple[Face, Face] | None = None
) -> Comparison:
    """The comparison of two embeddings float32 [width] of one recognizer.

    Raises:
        InputError: their widths differ, or one is zero or not finite.
    """
    return Comparison(cosine(a, b), threshold.cosine, threshold.source, faces)


def match_threshold(artifact: Artifact, given: float | None = None) -> Threshold:
    """The threshold to decide by: the caller's, else the artifact's, else that of its weights, else the default.

    Args:
        artifact: a recognizer's; its certificate may hold `decisions.threshold`, and its manifest
            `sources.weights.threshold.cosine`.
        given: the caller's, a cosine.

    Raises:
        InputError: the threshold is not a cosine, or the certificate cannot be read.
    """
    if given is not None:
        return Threshold(_cosine(given, "threshold"), "given")
    path = artifact.folder / CERTIFICATE
    decisions = artifact.certificate().decisions if is_file(path) else None
    measured = decisions.get("threshold") if isinstance(decisions, dict) else None
    if measured is None:
        stated = _of_weights(artifact)
        return Threshold(DEFAULT_THRESHOLD, "default") if stated is None else Threshold(stated, "weights")
    return Threshold(_cosine(measured, str(path)), "certificate")


def _of_weights(artifact: Artifact) -> float | None:
    """What the weights state, which the manifest's reading has checked to be a cosine."""
    stated = (artifact.manifest.sources.get("weights") or {}).get("threshold")
    return None if stated is None else float(stated["cosine"])


def _cosine(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise InputError(f"the threshold {value} is not a cosine", where=where, fix="use a number from -1 to 1")
    return float(value)
