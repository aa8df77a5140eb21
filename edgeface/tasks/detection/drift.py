"""Drift of a detector's candidates, before overlaps are suppressed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeface.contracts import DetectionContract
from edgeface.graph.types import Array
from edgeface.tasks.detection.decoding import Candidates
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.drift import Drift

UNDECIDED = (0.1, 0.97)
"""Scores between which noise moves a score visibly: beyond, a sigmoid hides it."""

FACES = 0.5


class _Last:
    """The reference's candidates of the last image: many builds are compared with them, one after the other."""

    kept: tuple[Mapping[str, Array], DetectionContract, Candidates] | None = None


def candidate_drift(
    wanted: Mapping[str, Array], got: Mapping[str, Array], contract: DetectionContract
) -> dict[str, Drift]:
    """The mean absolute change of undecided candidates' scores, and of faces' landmarks in percent of their size.

    Args:
        wanted: the reference's outputs for one image.
        got: the candidate's.
        contract: of both.
    """
    one, other = _reference(wanted, contract), decoding_of(contract).candidates(got, 0.0)
    if len(one.scores) != len(other.scores):  # a score that is no number is no candidate
        return {"scores": Drift(float(len(one.scores)), len(one.scores)), "landmarks": Drift()}
    undecided = (one.scores > UNDECIDED[0]) & (one.scores < UNDECIDED[1])
    moved = np.abs(one.scores[undecided].astype(np.float64) - other.scores[undecided])
    scores = Drift(float(moved.sum()), int(undecided.sum()))
    faces = one.scores >= FACES
    if not one.landmarks.shape[1]:
        return {"scores": scores, "landmarks": Drift()}
    apart = np.linalg.norm(one.landmarks[faces].astype(np.float64) - other.landmarks[faces], axis=-1).mean(axis=-1)
    sides = np.maximum(one.boxes[faces, 2:] - one.boxes[faces, :2], 1.0).astype(np.float64)
    relative = 100 * apart / np.sqrt(sides.prod(axis=-1))
    return {
        "scores": scores,
        "landmarks": Drift(float(relative.sum()), int(faces.sum())),
    }


def _reference(wanted: Mapping[str, Array], contract: DetectionContract) -> Candidates:
    """The candidates of a reference's outputs, decoded once for the same mapping."""
    kept = _Last.kept
    if kept is None or kept[0] is not wanted or kept[1] is not contract:
        kept = (wanted, contract, decoding_of(contract).candidates(wanted, 0.0))
        _Last.kept = kept
    return kept[2]
