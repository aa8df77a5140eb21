"""A recognizer's build beside fp32's own noise, in one sentence and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.core.description import Table
from edgeface.images.perturb import PERTURBATIONS

Figures = Mapping[str, Any]


def sentence(found: Figures, noise: Mapping[str, Figures]) -> str | None:
    """The mildest change of the faces that moves embeddings more than the build, or the strongest that does not.

    Args:
        found: a certificate's `decisions`.
        noise: a certificate's `noise`.

    Returns:
        None where there are no faces to speak of.
    """
    known = [name for name in noise if name in PERTURBATIONS and noise[name].get("mean_cosine") is not None]
    ordered = sorted(known, key=lambda name: -float(noise[name]["mean_cosine"]))
    if not ordered or found.get("mean_cosine") is None:
        return None
    above = [name for name in ordered if noise[name]["mean_cosine"] < found["mean_cosine"]]
    name = above[0] if above else ordered[-1]
    return (
        f"It moves embeddings {'less' if above else 'more'} than {PERTURBATIONS[name].doing} (mean cosine "
        f"{found['mean_cosine']:.4f} against {noise[name]['mean_cosine']:.4f}, on {found['faces']} faces)."
    )


def noise_table(found: Figures, noise: Mapping[str, Figures]) -> Table:
    """What each change of the faces does to fp32 itself, the mildest first, and the build among them."""
    rows = [*((name, figures) for name, figures in noise.items()), ("this artifact", found)]
    rows.sort(key=lambda row: -float(row[1].get("mean_cosine") or 0.0))
    header = ("the same faces, with", "mean cosine", "minimum cosine")
    return Table("fp32's own noise on the same faces", header, tuple(_row(*row) for row in rows))


def _row(name: str, found: Figures) -> tuple[str, ...]:
    if found.get("mean_cosine") is None:
        return name, "–", "–"
    return name, f"{found['mean_cosine']:.5f}", f"{found['min_cosine']:.4f}"
