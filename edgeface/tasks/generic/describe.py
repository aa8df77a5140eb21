"""Tables of what was measured of a network's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.core.description import Figure, Table, Tile
from edgeface.images.perturb import PERTURBATIONS

Figures = Mapping[str, Any]


def number_tables(found: Figures) -> tuple[Table, ...]:
    """A certificate's `decisions` as tables."""
    outputs = found.get("outputs")
    if not outputs:
        return ()
    rows = tuple(_row(name, figures) for name, figures in outputs.items())
    header = ("output", "mean error", "95 % interval", "compared", "largest difference", "minimum cosine")
    return (Table(f"Numbers on {found['images']} images", header, rows),)


def error_tile(found: Figures) -> Tile | None:
    """The worst output's mean error; None where nothing was measured."""
    name, error = worst(found)
    if error is None:
        return None
    return Tile("mean error", f"{error:.4f}", f"of output {name}, the worst, on {found['images']} images")


def number_figures(found: Figures) -> tuple[Figure, ...]:
    """The worst output's mean error, with its interval; nothing where nothing was measured."""
    name, error = worst(found)
    if error is None:
        return ()
    ends = found["outputs"][name].get("mean_error_interval")
    span = f"{ends[0]:.4f}–{ends[1]:.4f}" if ends else ""
    return (Figure(f"mean error of output {name}, the worst", f"{error:.4f}", f"{found['images']} images", span),)


def noise_sentence(found: Figures, noise: Mapping[str, Figures]) -> str | None:
    """The mildest change of the images that moves numbers more than the build, or the strongest that does not."""
    moved = {name: worst(figures)[1] for name, figures in noise.items() if name in PERTURBATIONS}
    known = {name: error for name, error in moved.items() if error is not None}
    own = worst(found)[1]
    if not known or own is None:
        return None
    ordered = sorted(known, key=lambda name: known[name])
    above = [name for name in ordered if known[name] > own]
    name = above[0] if above else ordered[-1]
    return (
        f"It moves its numbers {'less' if above else 'more'} than {PERTURBATIONS[name].doing} (mean error of the worst "
        f"output {own:.4f} against {known[name]:.4f}, on {found['images']} images)."
    )


def noise_table(found: Figures, noise: Mapping[str, Figures]) -> Table:
    """What each change of the images does to fp32 itself, the mildest first, and the build among them."""
    rows = [(name, worst(figures)[1]) for name, figures in (*noise.items(), ("this artifact", found))]
    rows.sort(key=lambda row: row[1] or 0.0)
    shown = tuple((name, "–" if error is None else f"{error:.5f}") for name, error in rows)
    return Table("fp32's own noise on the same images", ("the same images, with", "mean error, worst output"), shown)


def worst(found: Figures) -> tuple[str, float | None]:
    """The output with the largest mean error, and that; None without."""
    errors = {name: figures["mean_error"] for name, figures in (found.get("outputs") or {}).items()}
    known = {name: error for name, error in errors.items() if error is not None}
    if not known:
        return "", None
    name = max(known, key=lambda each: known[each])
    return name, known[name]


def _row(name: str, found: Figures) -> tuple[str, ...]:
    ends = found["mean_error_interval"]
    return (
        name,
        "–" if found["mean_error"] is None else f"{found['mean_error']:.6f}",
        f"{ends[0]:.6f}–{ends[1]:.6f}" if ends else "",
        f"by {found['by']}" if found["by"].startswith("their") else found["by"],
        "–" if found["max_abs"] is None else f"{found['max_abs']:.6f}",
        "–" if found["min_cosine"] is None else f"{found['min_cosine']:.6f}",
    )
