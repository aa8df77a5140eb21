"""Tables of what was measured of a detector's decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeface.core.description import Table, Tile


def face_tables(decisions: Mapping[str, Any]) -> tuple[Table, ...]:
    """Tables of a certificate's `decisions`, one for each part that was measured."""
    return tuple(_tables(decisions))


def matched_tile(decisions: Mapping[str, Any]) -> Tile | None:
    """The share of the reference's faces that are matched; None where only labeled images were evaluated."""
    if "matched_percent" not in decisions:
        return None
    return Tile(
        "faces matched",
        f"{decisions['matched_percent']:.1f} %",
        f"of {decisions['reference_faces']} that fp32 finds; {decisions['missed']} missed, {decisions['extra']} extra",
    )


def _tables(decisions: Mapping[str, Any]) -> Iterator[Table]:
    if "reference_faces" in decisions:
        yield _faces(decisions)
    if "average_precision" in decisions:
        yield _precision(decisions["average_precision"])
    if (decisions.get("identity") or {}).get("faces"):
        yield _identity(decisions["identity"])


def _faces(found: Mapping[str, Any]) -> Table:
    overlap = "–" if found["mean_iou"] is None else f"{found['mean_iou']:.4f}"
    rows = (
        ("faces that fp32 finds", "at a score of 0.5 or more", str(found["reference_faces"])),
        ("matched", "at an overlap (IoU) of 0.5 or more", f"{found['matched']} ({found['matched_percent']:.2f} %)"),
        ("missed", f"{found['missed_by_score']} of them found below that score", str(found["missed"])),
        ("extra", f"{found['extra_by_score']} of them found below it by fp32", str(found["extra"])),
        ("mean score change", "of matched faces", f"{found['mean_score_change']:.4f}"),
        ("mean landmark error", "of the face's size", f"{found['mean_landmark_error_percent']:.2f} %"),
        ("mean overlap", "IoU of matched faces", overlap),
    )
    return Table("Faces, against fp32", ("", "which is", "measured"), rows, left=2)


def _precision(found: Mapping[str, Any]) -> Table:
    rows = tuple(
        (name, f"{found['reference'][name]:.3f}", f"{value:.3f}", f"{100 * (value - found['reference'][name]):+.2f}")
        for name, value in found["candidate"].items()
    )
    caption = f"Average precision on {found['images']} images with {found['labels']}"
    return Table(caption, ("faces", "fp32", "artifact", "change in points"), rows)


def _identity(found: Mapping[str, Any]) -> Table:
    rows = (
        ("faces", str(found["faces"])),
        ("mean cosine", f"{found['mean_cosine']:.4f}"),
        ("one in twenty below", f"{found['p5_cosine']:.4f}"),
        ("minimum", f"{found['min_cosine']:.4f}"),
    )
    return Table("What the landmark errors cost in identity", ("", "measured"), rows)
