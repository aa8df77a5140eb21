"""A detector's build beside fp32's own noise, in one sentence and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.core.description import Table
from edgeface.images.perturb import PERTURBATIONS

Figures = Mapping[str, Any]


def sentence(found: Figures, noise: Mapping[str, Figures]) -> str | None:
    """The mildest change of the images that changes more decisions than the build, or the strongest that does not.

    Args:
        found: a certificate's `decisions`.
        noise: a certificate's `noise`.

    Returns:
        None where there are no faces to speak of.
    """
    known = [name for name in noise if name in PERTURBATIONS and noise[name].get("mean_score_change") is not None]
    ordered = sorted(known, key=lambda name: float(noise[name]["mean_score_change"]))
    if not ordered or found.get("mean_score_change") is None:
        return None
    above = [name for name in ordered if _changes_more(noise[name], found)]
    name = above[0] if above else ordered[-1]
    fewer = "fewer" if flips(found) < flips(noise[name]) else "no more"
    other = noise[name]
    return (
        f"It changes {fewer if above else 'more'} decisions than {PERTURBATIONS[name].doing} "
        f"({flips(found)} flips of {found['reference_faces']} faces against {flips(other)}; mean score change "
        f"{found['mean_score_change']:.4f} against {other['mean_score_change']:.4f})."
    )


def noise_table(found: Figures, noise: Mapping[str, Figures]) -> Table:
    """What each change of the images does to fp32 itself, the mildest first, and the build among them."""
    rows = [*((name, figures) for name, figures in noise.items()), ("this artifact", found)]
    rows.sort(key=lambda row: float(row[1].get("mean_score_change") or 0.0))
    header = ("the same images, with", "flips", "lost", "new", "mean score change", "mean landmark error")
    return Table("fp32's own noise on the same images", header, tuple(_row(*row) for row in rows))


def flips(found: Figures) -> int:
    """Faces that only one of both finds at the threshold."""
    return int(found["missed"]) + int(found["extra"])


def _changes_more(noise: Figures, found: Figures) -> bool:
    return bool(flips(noise) >= flips(found) and noise["mean_score_change"] > found["mean_score_change"])


def _row(name: str, found: Figures) -> tuple[str, ...]:
    change, error = found.get("mean_score_change"), found.get("mean_landmark_error_percent")
    return (
        name,
        str(flips(found)),
        str(found["missed"] - found["missed_by_score"]),
        str(found["extra"] - found["extra_by_score"]),
        "–" if change is None else f"{change:.4f}",
        "–" if error is None else f"{error:.2f} %",
    )
