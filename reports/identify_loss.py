"""What a gallery of bytes loses, for reports/identify.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from identify_data import queries

from edgeface.gallery.gallery import Gallery

ASKED = 400
THRESHOLD = 0.35


def loss_lines(folder: Path, kind: str, width: int, people: int) -> list[str]:
    """Lines on the agreement of int8 with float32: the nearest person, cosines, and matches at a threshold."""
    floats, bytes_ = Gallery.open(folder / "float32", threads=2), Gallery.open(folder / "int8", threads=2)
    asked = queries(kind, width, ASKED)
    exact, coarse = floats.search(asked, 10), bytes_.search(asked, 10)
    same = np.mean([one.indices[0] == other.indices[0] for one, other in zip(exact, coarse, strict=True)])
    best = np.array([one.scores[0] - other.scores[0] for one, other in zip(exact, coarse, strict=True)])
    strangers = slice(1, None, 2)
    false = [np.mean([found.scores[0] >= THRESHOLD for found in side[strangers]]) for side in (exact, coarse)]
    return [
        f"int8 against float32, {ASKED} queries: the same nearest person in {same:.2%}; its cosine differs by "
        f"{np.abs(best).mean():.5f} on average and {np.abs(best).max():.5f} at most; of strangers, whose nearest of "
        f"{people:,} people reaches {THRESHOLD}: {false[0]:.1%} with floats, {false[1]:.1%} with bytes.",
        "",
    ]
