"""The gallery of a report, from the watcher's images."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.report.galleries import Choice
from edgeface.report.page import Gallery
from edgeface.report.sight import Sight
from edgeface.report.watch import Watcher


def gallery(watcher: Watcher, names: Sequence[str], target: str) -> Gallery:
    """The worst images, and a typical one.

    Args:
        watcher: observed the judging of the artifact.
        names: the images' displayed names in order; empty where unknown.
        target: the artifact's target.
    """
    if not watcher.images:
        return Gallery("", missing="Left out: --no-images was given.")
    worst, typical = watcher.chosen()
    if not worst:
        return Gallery(
            "", missing="None: synthetic images judged it, which show no faces. Pass --calibration or --judge a folder."
        )
    chosen = [(sight, _rank(number, watcher.count)) for number, sight in enumerate(worst, start=1)]
    if typical is not None:
        chosen.append((typical, "Typical"))
    known = names if len(names) == watcher.count else ()
    choices = [Choice(sight, _title(sight, known), why) for sight, why in chosen]
    return watcher.shown_as.gallery(choices, watcher.count, target)


def _rank(number: int, count: int) -> str:
    return f"Largest difference of {count}" if number == 1 else f"Largest differences, no. {number}"


def _title(sight: Sight, names: Sequence[str]) -> str:
    return names[sight.index] if names else f"image {sight.index + 1}"
