"""The report's pairs: cosines of both kinds with the threshold, and the pairs whose verdict changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edgeface.core.description import Mark
from edgeface.evaluation.identity_change import IdentityChange, LabeledFaces
from edgeface.evaluation.verification import NO_FACE_SCORE
from edgeface.report.chart import Chart, Scale
from edgeface.report.embed_image import data_uri
from edgeface.report.histogram import Group, Row, Words, histogram
from edgeface.report.page import Image, PairCard, Verified

SHOWN = 12
"""So many changed pairs are shown, those that cross the threshold furthest."""

REACH = 0.1
"""Half of a card's scale, on both sides of the threshold."""


def verified(change: IdentityChange, labeled: LabeledFaces, target: str, images: bool) -> Verified:
    """The part of a recognizer with pairs.

    Args:
        change: verification by the reference and by the artifact.
        labeled: the pairs, with their aligned faces.
        target: the artifact's target.
        images: whether faces and names are shown.
    """
    limit = change.thresholds.reference
    before, after = change.reference.scores, change.candidate.scores
    changed = np.flatnonzero((before >= limit) != (after >= limit))
    order = sorted(changed.tolist(), key=lambda index: (-abs(float(after[index]) - limit), index))
    cards = tuple(_card(change, labeled, index, images) for index in order[:SHOWN])
    return Verified(_chart(change, labeled, target), _lead(change, labeled, order), cards, _count(len(order)))


def _count(changed: int) -> str:
    shown = f", the {SHOWN} that cross it furthest" if changed > SHOWN else ""
    return f"Pairs whose verdict changed: {changed}{shown}"


def _lead(change: IdentityChange, labeled: LabeledFaces, changed: list[int]) -> str:
    """How many verdicts changed, for better and for worse, and what the artifact's own threshold does to them."""
    limits, count = change.thresholds, len(labeled.pairs.pairs)
    if not changed:
        return f"None of {count} pairs changes its verdict at fp32's threshold, {limits.reference:.4f}."
    same, after = labeled.pairs.same, change.candidate.scores
    worse = sum(bool(same[index]) != bool(after[index] >= limits.reference) for index in changed)
    before = change.reference.scores
    kept = sum(bool(after[i] >= limits.candidate) == bool(before[i] >= limits.reference) for i in changed)
    return (
        f"{len(changed)} of {count} pairs change their verdict at fp32's threshold, {limits.reference:.4f} (by "
        f"{change.basis}): {worse} become wrong, {len(changed) - worse} become right. With the artifact's own "
        f"threshold, {limits.candidate:.4f}, {kept} of them keep fp32's verdict."
    )


def _chart(change: IdentityChange, labeled: LabeledFaces, target: str) -> Chart | None:
    same, limits = labeled.pairs.same, change.thresholds
    first, second = change.reference.scores, change.candidate.scores
    summary = " ".join(
        f"{name}: pairs of one person have a mean cosine of {_mean(scores, same)}, pairs of two "
        f"{_mean(scores, ~same)}; the threshold is {limit:.4f}."
        for name, scores, limit in (("fp32", first, limits.reference), (target, second, limits.candidate))
    )
    rows = (
        _row("fp32", first, same, limits.reference),
        _row(target, second, same, limits.candidate),
    )
    return histogram(Words("Cosines of the pairs, each kind by its share", "cosine", summary), rows)


def _row(name: str, scores: NDArray[np.float64], same: NDArray[np.bool_], limit: float) -> Row:
    faces = scores > NO_FACE_SCORE
    kinds = (("genuine", "pairs of one person", same), ("impostor", "pairs of two persons", ~same))
    groups = tuple(Group(style, said, scores[kind & faces].tolist()) for style, said, kind in kinds)
    return Row(name, groups, ((limit, f"threshold {limit:.3f}"),), limits=True)


def _mean(scores: NDArray[np.float64], kind: NDArray[np.bool_]) -> str:
    chosen = scores[kind & (scores > NO_FACE_SCORE)]
    return f"{float(chosen.mean()):.3f}" if len(chosen) else "–"


def _card(change: IdentityChange, labeled: LabeledFaces, index: int, images: bool) -> PairCard:
    pair, limit = labeled.pairs.pairs[index], change.thresholds.reference
    before, after = float(change.reference.scores[index]), float(change.candidate.scores[index])
    accepted = after >= limit
    scale = Scale(limit - REACH, limit + REACH)
    return PairCard(
        tuple(_faces(labeled, (pair.first, pair.second))) if images else (),
        "one person" if pair.same else "two persons",
        Mark(f"now {'accepted' if accepted else 'rejected'}", "good" if accepted == pair.same else "bad"),
        (f"{before:.4f}", f"{after:.4f}"),
        (scale.at(before), scale.at(after)),
        f"{limit:.4f}",
        f"{pair.first} and {pair.second}, line {pair.line}" if images else f"line {pair.line} of the list",
    )


def _faces(labeled: LabeledFaces, names: tuple[str, str]) -> Iterator[Image]:
    for name in names:
        face = labeled.faces[name]
        if face is not None:
            height, width = face.shape[:2]
            yield Image(name, data_uri(face), width, height, f"Aligned face of {name}")
