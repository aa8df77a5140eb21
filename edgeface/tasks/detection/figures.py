"""The figures of a detector's decisions that a verdict rests on, each with its cases and interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeface.core.description import Figure

_FIGURES = (
    ("faces matched", "matched_percent", ".1f", " %", "reference_faces", "faces"),
    ("extra and new", "extra_percent", ".1f", " %", "reference_faces", "faces"),
    ("mean score change", "mean_score_change", ".4f", "", "matched", "matched faces"),
    ("mean landmark error", "mean_landmark_error_percent", ".2f", " %", "matched", "matched faces"),
)
"""Label, key, form, unit, key of the number of cases, and their name."""


def face_figures(decisions: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Those of a certificate's `decisions` that were measured."""
    return tuple(_figures(decisions))


def _figures(found: Mapping[str, Any]) -> Iterator[Figure]:
    for label, key, form, unit, counted, of in _FIGURES:
        value, ends = found.get(key), found.get(f"{key}_interval")
        if value is not None and found.get("reference_faces"):
            span = f"{ends[0]:{form}}–{ends[1]:{form}}{unit}" if ends else ""
            yield Figure(label, f"{value:{form}}{unit}", f"{found[counted]} {of}", span)
    precision = found.get("average_precision")
    if precision is not None:
        yield from _precision(precision)


def _precision(found: Mapping[str, Any]) -> Iterator[Figure]:
    """The change of the figure that drops most."""
    changes = {
        name: value - found["reference"][name] for name, value in found["candidate"].items() if value is not None
    }
    if not changes:
        return
    name = min(changes, key=lambda each: changes[each])
    ends, labeled = (found.get("change_intervals") or {}).get(name), (found.get("labeled_faces") or {}).get(name)
    span = f"{100 * ends[0]:+.2f} to {100 * ends[1]:+.2f}" if ends and None not in ends else ""
    cases = f"{found['images']} images" if labeled is None else f"{labeled} labeled faces"
    yield Figure(f"points of average precision, {name}", f"{100 * changes[name]:+.2f}", cases, span)
