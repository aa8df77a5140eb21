"""Tables of what was measured of a detector's decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgeface.core.description import Table, Tile


def face_tables(decisions: Mapping[str, Any]) -> tuple[Table, ...]:
    """Tables of a certificate's `decisions`, one for each part that was measured."""
    return tuple(_tables(decisions))


def matched_tile(decisions: Mapping[str, Any]) -> Tile | None:
    """The share of the reference's faces that are matched; None where only labeled images were evaluated."""
    if "reference_faces" not in decisions:
        return None
    count = decisions["reference_faces"]
    if not count:
        return Tile("faces matched", "–", "fp32 finds no face on these images")
    at_threshold = decisions["missed_by_score"] + decisions["extra_by_score"]
    lost, new = decisions["missed"] - decisions["missed_by_score"], decisions["extra"] - decisions["extra_by_score"]
    ends = decisions.get("matched_percent_interval")
    return Tile(
        "faces matched",
        f"{decisions['matched_percent']:.1f} %",
        f"of {count} that fp32 finds{f' ({ends[0]:.1f}–{ends[1]:.1f} %)' if ends else ''}; {lost} lost, {new} new, "
        f"{at_threshold} only cross the score of 0.5",
    )


def _tables(decisions: Mapping[str, Any]) -> Iterator[Table]:
    if "reference_faces" in decisions:
        yield _faces(decisions)
    if "average_precision" in decisions:
        yield _precision(decisions["average_precision"])
    if (decisions.get("identity") or {}).get("faces"):
        yield _identity(decisions["identity"])


def _faces(found: Mapping[str, Any]) -> Table:
    lost, new = found["missed"] - found["missed_by_score"], found["extra"] - found["extra_by_score"]
    rows = (
        ("faces that fp32 finds", "at a score of 0.5 or more", str(found["reference_faces"]), ""),
        ("matched", "at an overlap (IoU) of 0.5 or more", str(found["matched"]), ""),
        _row(found, "share matched", "of those that fp32 finds", "matched_percent", ".2f", " %"),
        ("missed", "found, but below that score", str(found["missed_by_score"]), ""),
        ("lost", "not found at all", str(lost), ""),
        ("extra", "found below that score by fp32", str(found["extra_by_score"]), ""),
        ("new", "not found at all by fp32", str(new), ""),
        _row(found, "share of extra and new", "of those that fp32 finds", "extra_percent", ".2f", " %"),
        _row(found, "mean score change", "of matched faces", "mean_score_change", ".4f"),
        _row(found, "mean landmark error", "of the face's size", "mean_landmark_error_percent", ".2f", " %"),
        _row(found, "mean overlap", "IoU of matched faces", "mean_iou", ".4f"),
    )
    return Table("Faces, against fp32", ("", "which is", "measured", "95 % interval"), rows, left=2)


def _row(
    found: Mapping[str, Any], name: str, what: str, key: str, form: str, unit: str = ""
) -> tuple[str, str, str, str]:
    value, ends = found[key], found.get(f"{key}_interval")
    if value is None or not found["reference_faces"]:
        return name, what, "–", ""
    return name, what, f"{value:{form}}{unit}", f"{ends[0]:{form}}–{ends[1]:{form}}{unit}" if ends else ""


def _precision(found: Mapping[str, Any]) -> Table:
    labeled, spans = found.get("labeled_faces", {}), found.get("change_intervals", {})
    rows = tuple(
        (
            name,
            str(labeled.get(name, "")),
            f"{found['reference'][name]:.3f}",
            f"{value:.3f}",
            _points(value - found["reference"][name], spans.get(name)),
        )
        for name, value in found["candidate"].items()
        if value is not None
    )
    caption = f"Average precision on {found['images']} images with {found['labels']}"
    return Table(caption, ("faces", "labeled", "fp32", "artifact", "change in points, 95 % interval"), rows)


def _points(change: float, ends: Sequence[float] | None) -> str:
    return f"{100 * change:+.2f}" + (f" [{100 * ends[0]:+.2f}, {100 * ends[1]:+.2f}]" if ends else "")


def _identity(found: Mapping[str, Any]) -> Table:
    rows = (
        ("faces", str(found["faces"])),
        ("mean cosine", f"{found['mean_cosine']:.4f}"),
        ("one in twenty below", f"{found['p5_cosine']:.4f}"),
        ("minimum", f"{found['min_cosine']:.4f}"),
    )
    return Table("What the landmark errors cost in identity", ("", "measured"), rows)
