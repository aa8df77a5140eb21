"""The same search by libraries alone, for reports/identify.py: each takes rows, and gives what looks up one query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Look = Callable[[Rows], NDArray[np.int64]]
NEAREST, THREADS = 5, 2


def faiss_flat(rows: Rows) -> Look:
    """FAISS's search of every float."""
    import faiss

    faiss.omp_set_num_threads(THREADS)
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    return lambda query: index.search(query[None], NEAREST)[1][0]


def usearch_float32(rows: Rows) -> Look:
    """Usearch's exact search of floats."""
    return _usearch(rows)


def usearch_int8(rows: Rows) -> Look:
    """Usearch's exact search of bytes with one step for all."""
    scale = 127 / np.abs(rows).max()
    return _usearch(np.rint(rows * scale).astype(np.int8), scale)


def numpy_product(rows: Rows) -> Look:
    """One product by numpy, and the best of it."""

    def look(query: Rows) -> NDArray[Any]:
        scores = rows @ query
        best = np.argpartition(-scores, NEAREST)[:NEAREST]
        return best[np.argsort(-scores[best], kind="stable")]

    return look


def _usearch(held: NDArray[Any], scale: float | None = None) -> Look:
    from usearch.index import MetricKind, search

    def look(query: Rows) -> NDArray[Any]:
        asked = query if scale is None else np.clip(np.rint(query * scale), -127, 127).astype(np.int8)
        return np.asarray(search(held, asked, NEAREST, MetricKind.IP, exact=True, threads=THREADS).keys, np.int64)

    return look


PEERS: dict[str, Callable[[Rows], Look]] = {
    "FAISS IndexFlatIP": faiss_flat,
    "usearch exact, float32": usearch_float32,
    "usearch exact, int8": usearch_int8,
    "numpy, one product": numpy_product,
}
