"""A recipe's requirements on two detectors' agreement: absolute, and relative to the reference's own noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from edgeface.core.bound import Bound, Figure, enough
from edgeface.core.confidence import Interval, rate_interval, share_interval
from edgeface.core.relative import Relative, unmeasured
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.images.perturb import JPEG_95
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.task import Noise

FACES, MATCHED_FACES = "faces", "matched faces"
GATE_NOISE = JPEG_95
"""The noise that artifacts are compared with: an image that was saved once more is still that image."""

FLIPS, SCORE_CHANGE, LANDMARK_ERROR = "flips at the threshold", "mean score change", "mean landmark error"
LEAST_FLIPS_PERCENT, LEAST_SCORE_CHANGE, LEAST_LANDMARK_PERCENT = 1.0, 0.005, 1.5
"""What the noise counts as at least. Faces that fill an image are found with a score of 1 whatever is done to them."""


def face_requirements(limits: Thresholds, faces: FaceAgreement, noise: Noise | None = None) -> list[Requirement]:
    """The thresholds' requirements on two detectors' agreement, each judged by its 95 % interval.

    Args:
        limits: the thresholds.
        faces: the agreement.
        noise: the reference's agreement with itself on changed images, by their names.
    """
    if not limits.required():
        return []
    least = limits.evidence.faces
    judged = [Bound(*bound).judge(figure) for bound, figure in _absolute(limits, faces) if bound[1] is not None]
    return [
        enough("faces that fp32 finds", faces.reference_faces, least, FACES),
        *judged,
        *_relative(limits, faces, noise),
    ]


def _absolute(limits: Thresholds, faces: FaceAgreement) -> list[tuple[tuple[Any, ...], Figure]]:
    least, margin = limits.evidence.faces, limits.evidence.margin_percent
    at_most = (least, False, "%", margin)
    limit = limits.landmark_error_percent if faces.has_landmarks else None  # a detector without landmarks errs in none
    landmarks = (f"{LANDMARK_ERROR} in % of face size", limit)
    return [
        (("faces matched", limits.matched_percent, least, True, "%", margin), _matched(faces)),
        (("extra faces", limits.extra_percent, *at_most), _extra(faces)),
        ((FLIPS, limits.flips_percent, *at_most), _counted(faces, faces.flips, rate_interval)),
        (("faces lost outright", limits.lost_percent, *at_most), _counted(faces, faces.lost, share_interval)),
        (("faces new outright", limits.new_percent, *at_most), _counted(faces, faces.new, rate_interval)),
        ((SCORE_CHANGE, limits.mean_score_change, least), _mean(faces, faces.mean_score_change)),
        ((*landmarks, least), _mean(faces, faces.mean_landmark_error_percent)),
    ]


def _relative(limits: Thresholds, faces: FaceAgreement, noise: Noise | None) -> Iterator[Requirement]:
    if limits.noise_factor is None:
        return
    found: FaceAgreement | None = (noise or {}).get(GATE_NOISE.name)
    asked = {
        FLIPS: limits.flips_percent is None and None in (limits.matched_percent, limits.extra_percent),
        SCORE_CHANGE: limits.mean_score_change is None,
        LANDMARK_ERROR: limits.landmark_error_percent is None and faces.has_landmarks,
    }
    if found is None:
        yield from (unmeasured(what, GATE_NOISE.name) for what, wanted in asked.items() if wanted)
        return
    common, least = (limits.noise_factor, GATE_NOISE.name), limits.evidence.faces
    limit = Relative(SCORE_CHANGE, *common, LEAST_SCORE_CHANGE, least, MATCHED_FACES)
    change = limit.of_means(_sizes(faces), _sizes(found))
    if asked[FLIPS]:
        backed = change.met and faces.mean_score_change.high <= limit.most(_sizes(found))
        flips = Relative(FLIPS, *common, LEAST_FLIPS_PERCENT, least, FACES)
        yield flips.of_counts(faces.flips, found.flips, faces.reference_faces, backed, found.reference_faces)
    if asked[SCORE_CHANGE]:
        yield change
    if asked[LANDMARK_ERROR]:
        error = Relative(
            f"{LANDMARK_ERROR} of face size", *common, LEAST_LANDMARK_PERCENT, least, MATCHED_FACES, 2, " %"
        )
        yield error.of_means(faces.landmark_errors_percent, found.landmark_errors_percent)


def _sizes(faces: FaceAgreement) -> list[float]:
    return [abs(change) for change in faces.score_changes]


def _matched(faces: FaceAgreement) -> Figure:
    count = faces.reference_faces
    text = f"{faces.matched_share:.2%} ({faces.missed} of {count} missed{_split(faces.lost, faces.missed, 'lost')})"
    return Figure(faces.matched_interval.scaled(100), count, FACES, text, "share")


def _extra(faces: FaceAgreement) -> Figure:
    text = f"{faces.extra_share:.2%} ({faces.extra}{_split(faces.new, faces.extra, 'new')})"
    return Figure(faces.extra_interval.scaled(100), faces.reference_faces, FACES, text, "rate")


def _mean(faces: FaceAgreement, found: Interval) -> Figure:
    return Figure(found, faces.matched, "matched faces", f"{found.value:.4f}")


def _counted(faces: FaceAgreement, count: int, interval: Callable[[int, int], Interval]) -> Figure:
    found, total = interval(count, faces.reference_faces), faces.reference_faces
    kind: Literal["share", "rate"] = "share" if interval is share_interval else "rate"
    return Figure(found.scaled(100), total, FACES, f"{found.value:.2%} ({count} of {total})", kind)


def _split(apart: int, whole: int, word: str) -> str:
    """How many faces one detector does not see at all, and how many only flip at the threshold."""
    return f": {apart} {word}, {whole - apart} at the threshold" if whole else ""
