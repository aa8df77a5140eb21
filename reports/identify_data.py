"""People and faces for reports/identify.py, made in code: the same for every run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

KINDS = {
    "random": "Directions without any structure: the nearest of a million strangers are close to each other, which is "
    "the hardest case for a first look at bytes.",
    "clustered": "Directions with a falling spectrum (column j has a spread of 1/√(1 + 16 j / width)) around a "
    "thousand centers, ten people each time almost alike: look-alikes, siblings, people enrolled twice.",
}
_CENTERS = 1000
_ALIKE = 10


def gallery_rows(kind: str, width: int, start: int, count: int) -> Rows:
    """Rows of a gallery from `start`, a multiple of 2^17, float32 [count,width] of unit length."""
    random = np.random.default_rng((width, start))
    rows = random.standard_normal((count, width), np.float32)
    if kind == "clustered":
        spread = _spread(width)
        centers = np.random.default_rng(width).standard_normal((_CENTERS, width), np.float32)
        own = np.repeat(rows[: -(-count // _ALIKE)], _ALIKE, axis=0)[:count]
        rows = (0.7 * centers[random.integers(_CENTERS, size=count)] + own + 0.3 * rows) * spread
    return _unit(rows)


def queries(kind: str, width: int, count: int) -> Rows:
    """Faces, half of people of the gallery (a cosine of about .6 to their row) and half of strangers."""
    random = np.random.default_rng((7, width))
    known = gallery_rows(kind, width, 0, 4096)[random.integers(4096, size=count)]
    noise = _unit(random.standard_normal((count, width), np.float32))
    stranger = np.arange(count) % 2 == 1
    return _unit(np.where(stranger[:, None], noise, known + 1.33 * noise))


def _spread(width: int) -> Rows:
    return (1 / np.sqrt(1 + 16 * np.arange(width) / width)).astype(np.float32)


def _unit(rows: Rows) -> Rows:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
