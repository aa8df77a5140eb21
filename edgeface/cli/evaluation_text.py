"""Evaluations as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgeface.cli.paragraph import paragraph
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.core.confidence import Interval
    from edgeface.evaluation.change import Change
    from edgeface.evaluation.detection import DetectionEvaluation
    from edgeface.evaluation.recognition import RecognitionEvaluation
    from edgeface.evaluation.verification import Verification
    from edgeface.tasks.detection.agreement import FaceAgreement
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
    cautions = dict.fromkeys(item.tar.caution for item in found.verifications if item.tar.caution is not None)
    lines += [f"\ncaution: {caution}" for caution in cautions]
    return _fitted(lines)


def detection_text(found: DetectionEvaluation) -> str:
    """Average precision, its change, and agreement."""
    lines = [f"{found.detector}: {found.images} images"]
    if found.labeled is not None:
        lines[0] += f", {found.labeled}"
        if found.unlabeled:
            lines.append(f"{len(found.unlabeled)} without labels, left out: {_listed(found.unlabeled)}")
        lines += ["", _precision_table(found)]
    if found.agreement is not None:
        lines += ["", *_agreement(found.agreement, str(found.reference))]
    return _fitted(lines)


def _fitted(lines: Sequence[str]) -> str:
    """The lines one below the other; sentences, unlike tables, are wrapped."""
    return "\n".join(line if "\n" in line.strip() else _indented(line) for line in lines)


def _indented(line: str) -> str:
    text = line.lstrip()
    start = line[: len(line) - len(text)].replace("\n", "")
    return line[: line.count("\n")] + paragraph(text, start, f"{start}  ")


def _precision_table(found: DetectionEvaluation) -> str:
    assert found.precision is not None
    header = ("average precision", "labeled", "detector", "95 %")
    rows = [
        (name, str(found.precision.labeled[name]), f"{each.value:.4f}", f"[{each.low:.4f}, {each.high:.4f}]")
        for name, each in found.precision.values.items()
    ]
    if found.reference_precision is None:
        return format_table(header, rows)
    compared = [
        (*row, f"{found.reference_precision.values[row[0]].value:.4f}", _points(found.precision_changes[row[0]]))
        for row in rows
    ]
    return format_table((*header, "reference", "change, 95 %"), compared)


def _agreement(item: FaceAgreement, reference: str) -> Iterator[str]:
    if not item.reference_faces:
        yield f"agreement with {reference}: it finds no face on these images, so they show nothing"
    else:
        found = item.matched_interval
        yield (
            f"agreement with {reference}: {item.matched} of {item.reference_faces} faces found "
            f"({found.value:.2%}, 95 %: {found.low:.2%}–{found.high:.2%})"
        )
    yield (
        f"{item.missed} missed: {item.lost} lost, {item.missed_by_score} found below the threshold; "
        f"{item.extra} extra: {item.new} new, {item.extra_by_score} found below it by the reference"
    )
    if item.matched:
        score, landmarks = item.mean_score_change, item.mean_landmark_error_percent
        line = f"mean change of score {score.value:.4f} [{score.low:.4f}, {score.high:.4f}]"
        if item.landmark_errors_percent:
            line += (
                f"; mean landmark error {landmarks.value:.2f} [{landmarks.low:.2f}, {landmarks.high:.2f}] % of the "
                "face's size √(width·height)"
            )
        yield line


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
