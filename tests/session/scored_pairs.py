"""Pairs with scores by a reference and by an artifact, as an export with --pairs has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeface.evaluation.change import compare
from edgeface.evaluation.identity_change import IdentityChange, LabeledFaces
from edgeface.evaluation.verification import verify
from edgeface.tasks.recognition.pair import Pair
from edgeface.tasks.recognition.pairs import Pairs
from edgeface.tasks.recognition.verification import unshuffled_folds

FAR = 1e-3


def scored_pairs(before, after, same, faces) -> tuple[IdentityChange, LabeledFaces]:
    """Verification of pairs.

    Args:
        before: the reference's cosines.
        after: the artifact's.
        same: whether each pair is of one person.
        faces: uint8 [h,w,3], or None; pair n is of faces n and n + 1.
    """
    named = {f"{number}.jpg": face for number, face in enumerate(faces)}
    names, is_same = list(named), np.asarray(same, bool)
    listed = tuple(
        Pair(names[n % len(names)], names[(n + 1) % len(names)], bool(one), n + 1) for n, one in enumerate(is_same)
    )
    pairs = Pairs(Path("pairs.txt"), "table", listed, unshuffled_folds(is_same))
    first, second = (
        verify(label, np.asarray(scores, np.float64), pairs, FAR) for label, scores in (("a", before), ("b", after))
    )
    return IdentityChange(first, second, compare(first, second, pairs)), LabeledFaces(pairs, named)


def changing_pairs(faces, moved: float = 0.04, count: int = 60) -> tuple[IdentityChange, LabeledFaces]:
    """Pairs whose cosines are moved at random, so that some near the threshold change their verdict."""
    rng = np.random.default_rng(0)
    same = np.arange(count) % 2 == 0
    before = np.clip(np.where(same, rng.normal(0.5, 0.14, count), rng.normal(0.2, 0.12, count)), -1, 1)
    return scored_pairs(before, np.clip(before + rng.normal(0, moved, count), -1, 1), same, faces)
