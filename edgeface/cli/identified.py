"""Faces and their names, as text and for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.inference.gallery import Identification


def identification_document(each: Identification) -> dict[str, Any]:
    """A face and its name for JSON."""
    nearest = {"name": each.name, "nearest": each.nearest.name, "similarity": each.nearest.similarity}
    candidates = [{"name": match.name, "similarity": match.similarity} for match in each.candidates]
    return each.found.face.as_dict() | nearest | {"candidates": candidates}


def format_named(named: list[Identification]) -> str:
    """A table with a row for each face, and one for each further candidate."""
    from edgeface.inference.gallery import UNKNOWN

    if not named:
        return "no faces"
    rows = []
    for each in named:
        face = each.found.face
        shown = (f"{face.score:.3f}", *(f"{value:.1f}" for value in face.box))
        rows.append((each.name or UNKNOWN, each.nearest.name, f"{each.nearest.similarity:.3f}", *shown))
        rows += [("", match.name, f"{match.similarity:.3f}", *[""] * len(shown)) for match in each.candidates[1:]]
    header = ("name", "nearest", "similarity", "score", "x1", "y1", "x2", "y2")
    return f"{format_table(header, rows, left=2)}\n\n{len(named)} face(s)"
