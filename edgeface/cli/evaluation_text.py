"""Evaluations as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.evaluation.change import Change
    from edgeface.evaluation.detection import DetectionEvaluation
    from edgeface.evaluation.recognition import RecognitionEvaluation
    from edgeface.evaluation.verification import Verification
    from edgeface.tasks.recognition.bootstrap import Interval
    from edgeface.tasks.recognition.threshold_shift import ThresholdShift

_LISTED = 8


def recognition_text(found: RecognitionEvaluation) -> str:
    """Figures of each verification, the changes between them, and cautions."""
    same = int(found.pairs.same.sum())
    different = len(found.pairs.pairs) - same
    lines = [f"{found.pairs.path} ({found.pairs.kind}): {same} pairs of the same person, {different} of others"]
    lines.append(f"{found.images} images, {_faceless(found)}\n")
    far = found.verifications[0].tar.far
    header = ("matched by", "accuracy (folds)", "95 %", f"TAR@FAR {far:g}", "95 %", "threshold", "best accuracy at")
    lines.append(format_table(header, [_figures(item) for item in found.verifications]))
    if found.pairs.names is not None:
        lines.append("95 % intervals are over persons")
    for change in found.changes:
        lines += ["", *_change(change, far)]
    if found.cosines is not None:
        item = found.cosines
        lines.append(
            f"\ncosine between the two artifacts' embeddings of a face: mean {item.mean:.4f}, "
            f"minimum {item.minimum:.4f} ({item.lowest})"
        )
    caution = found.verifications[0].tar.caution
    if caution is not None:
        lines.append(f"\ncaution: {caution}")
    return "\n".join(lines)


def detection_text(found: DetectionEvaluation) -> str:
    """Average precision, its change, and agreement."""
    lines = [f"{found.detector}: {found.images} images"]
    if found.labeled is not None:
        lines[0] += f", {found.labeled}"
        if found.unlabeled:
            lines.append(f"{len(found.unlabeled)} without labels, left out: {_listed(found.unlabeled)}")
        header = ("average precision", "detector", *(("reference", "change") if found.changes else ()))
        rows = []
        for name, value in found.average_precision.items():
            compared = found.changes and (
                f"{found.reference_average_precision[name]:.4f}",
                f"{found.changes[name]:+.4f}",
            )
            rows.append((name, f"{value:.4f}", *(compared or ())))
        lines += ["", format_table(header, rows)]
    if found.agreement is not None:
        item = found.agreement
        lines += [
            f"\nagreement with {found.reference}: {item.matched} of {item.reference_faces} faces found "
            f"({item.matched_share:.2%})",
            f"{item.missed} missed, of them {item.missed_by_score} by score alone; "
            f"{item.extra} extra, of them {item.extra_by_score} by score alone",
            f"mean change of score {item.mean_score_change:.4f}; mean landmark error "
            f"{item.mean_landmark_error_percent:.2f} % of the face's size √(width·height)",
        ]
    return "\n".join(lines)


def _faceless(found: RecognitionEvaluation) -> str:
    if not found.without_face:
        return "all with a face"
    return (
        f"{len(found.without_face)} without a face ({found.faceless_pairs} pairs, which score −1): "
        f"{_listed(found.without_face)}"
    )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _figures(item: Verification) -> tuple[str, ...]:
    folds, intervals = item.accuracy, item.accuracy_intervals
    return (
        item.label,
        "–" if folds is None else f"{folds.mean:.2%} ± {folds.std:.2%}",
        "–" if folds is None else _range(intervals.get("persons", intervals["pairs"])),
        f"{item.tar.tar:.2%}",
        _range(item.tar_intervals.get("persons", item.tar_intervals["pairs"])),
        f"{item.tar.threshold:.4f}",
        f"{item.best.accuracy:.2%} at {item.best.threshold:.4f}",
    )


def _change(change: Change, far: float) -> Iterator[str]:
    yield f"{change.candidate} against {change.reference}:"
    if change.accuracy is not None:
        yield f"  accuracy  {_points(change.accuracy)}"
    yield f"  TAR@FAR {far:g}  {_points(change.tar)}"
    yield f"  threshold at FAR {far:g}  {_moved(change.at_far)}"
    yield f"  threshold of best accuracy  {_moved(change.at_best)}"
    yield (
        f"  threshold to use: {change.at_far.candidate:.4f}; with {change.at_far.reference:.4f} kept, TAR "
        f"{change.at_far.kept_tar:.2%} at FAR {change.at_far.kept_far:.3%}"
    )


def _moved(shift: ThresholdShift) -> str:
    return f"{shift.reference:.4f} → {shift.candidate:.4f} ({shift.shift:+.4f})"


def _points(item: Interval) -> str:
    return f"{item.value * 100:+.2f} points [{item.low * 100:+.2f}, {item.high * 100:+.2f}]"


def _range(item: Interval) -> str:
    return f"[{item.low:.2%}, {item.high:.2%}]"
