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
    other, count = noise[name], flips(found)
    more = _flip_rate(found) - _flip_rate(other)
    if above:
        does = f"changes {'fewer' if more < 0 else 'no more'} decisions"
    else:
        does = "changes more decisions" if more > 0 else "moves scores further"
    return (
        f"It {does} than {PERTURBATIONS[name].doing} "
        f"({count} flip{'' if count == 1 else 's'} of {found['reference_faces']} faces against "
        f"{_beside(other, found)}; "
        f"mean score change {found['mean_score_change']:.4f} against {other['mean_score_change']:.4f})."
    )


def noise_table(found: Figures, noise: Mapping[str, Figures]) -> Table:
    """What each change of the images does to fp32 itself, the mildest first, and the build among them."""
    rows = [*((name, figures) for name, figures in noise.items()), ("this artifact", found)]
    rows.sort(key=lambda row: float(row[1].get("mean_score_change") or 0.0))
    header = ("the same images, with", "faces", "flips", "lost", "new", "mean score change", "mean landmark error")
    return Table("fp32's own noise on the same images", header, tuple(_row(*row) for row in rows))


def flips(found: Figures) -> int:
    """Faces that only one of both finds at the threshold."""
    return int(found["missed"]) + int(found["extra"])


def _flip_rate(found: Figures) -> float:
    """Flips by faces, since the noise may be measured on a part of the images."""
    return flips(found) / max(int(found["reference_faces"]), 1)


def _beside(noise: Figures, found: Figures) -> str:
    """The noise's flips, of how many faces where these are not the build's."""
    count, faces = flips(noise), noise["reference_faces"]
    return str(count) if faces == found["reference_faces"] else f"{count} of {faces}"


def _changes_more(noise: Figures, found: Figures) -> bool:
    return bool(_flip_rate(noise) >= _flip_rate(found) and noise["mean_score_change"] > found["mean_score_change"])


def _row(name: str, found: Figures) -> tuple[str, ...]:
    change, error = found.get("mean_score_change"), found.get("mean_landmark_error_percent")
    return (
        name,
        str(found["reference_faces"]),
        str(flips(found)),
        str(found["missed"] - found["missed_by_score"]),
        str(found["extra"] - found["extra_by_score"]),
        "–" if change is None else f"{change:.4f}",
        "–" if error is None else f"{error:.2f} %",
    )
