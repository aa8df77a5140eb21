"""The first look with FAISS: at bytes, which need a quarter of the memory's traffic of floats.

FAISS reads a segment's bytes where they are mapped: its own header is put in front of them, over the one of .npy, in
memory that is private to this process. So nothing of the file is ever parsed by FAISS, and nothing is copied.

Queries become integers too: FAISS's products of such bytes are exact then, and quickest. With floats they are not what
they seem: in many widths it silently cuts queries to integers, one of unit length to zeros.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError, RuntimeFailure
from edgeface.gallery.codes import ZERO
from edgeface.gallery.scan import Estimates
from edgeface.gallery.scores import length, sum_error
from edgeface.gallery.segment import Segment

_LARGEST = 127


class FaissScan:
    """Looks at bytes with FAISS.

    Raises:
        InputError: FAISS is not installed.
    """

    name = "faiss"

    def __init__(self) -> None:
        self._faiss = _faiss()
        # A segment holds the memory that its index reads, and an index goes with its segment.
        self._indices: WeakKeyDictionary[Segment, Any] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def look(self, segment: Segment, queries: NDArray[np.float32], count: int) -> list[Estimates]:
        """At least the `count` best estimates of a segment for each of the queries float32 [m,width]."""
        self._faiss.omp_set_num_threads(1)  # of the thread that calls: segments are what is shared out
        count = min(count, segment.rows)
        scores, rows, errors = self._look_at_bytes(segment, queries, count)
        every = count == segment.rows
        return [
            Estimates(found, score, -np.inf if every else float(score.min()), error)
            for found, score, error in zip(rows, scores, errors, strict=True)
        ]

    def _look_at_bytes(
        self, segment: Segment, queries: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], list[float]]:
        """Estimates, rows, and by how much each query's estimates may be off."""
        scaled = queries * segment.steps
        units = np.maximum(np.abs(scaled).max(axis=1, keepdims=True) / np.float32(_LARGEST), np.float32(1e-30))
        digits = np.rint(scaled / units)
        scores, rows = self._index(segment).search(digits, count)
        cut = (scaled.astype(np.float64) - digits * units.astype(np.float64)) / segment.steps
        errors = [
            _error_of_bytes(segment, length(query), float(np.sqrt(np.sum(lost**2))))
            for query, lost in zip(queries, cut, strict=True)
        ]
        return scores * units.astype(np.float64), rows, errors

    def _index(self, segment: Segment) -> Any:
        with self._lock:
            if segment not in self._indices:
                check_bytes(segment.codes.shape[1])
                self._indices[segment] = index_over(segment.codes)
            return self._indices[segment]


def _error_of_bytes(segment: Segment, size: float, cut: float) -> float:
    """By how much a product of bytes may be off.

    Args:
        segment: of the rows.
        size: the query's length.
        cut: the length of what its integers leave out, in the query's own unit.
    """
    record = segment.record
    summed = sum_error(segment.codes.shape[1]) * (size + cut)
    return size * record.residual + (cut + summed) * (record.longest + record.residual)


@cache
def check_bytes(width: int) -> None:
    """Check that FAISS computes products of bytes as they are meant here.

    Raises:
        RuntimeFailure: this version does not.
    """
    count = 32
    codes = (np.arange(count * width) * 37 % 255 + 1).astype(np.uint8).reshape(count, width)
    query = np.rint(np.linspace(-_LARGEST, _LARGEST, width)).astype(np.float32)[None]
    scores, rows = index_over(codes).search(query, count)
    wanted = ((codes.astype(np.int64) - ZERO) @ query[0].astype(np.int64))[rows[0]]
    if not np.allclose(scores[0], wanted, rtol=sum_error(width), atol=sum_error(width) * _LARGEST**2 * width):
        raise RuntimeFailure(
            "this version of FAISS computes other products of bytes than edgeface expects",
            where=f"faiss {_faiss().__version__}",
            fix="install faiss-cpu 1.15, or search without it (search='numpy')",
        )


def index_over(codes: NDArray[np.uint8]) -> Any:
    """An index of FAISS over codes uint8 [n,width], in place where there is room in front of them."""
    faiss = _faiss()
    width = codes.shape[1]
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_INNER_PRODUCT)
    whole = codes.base if isinstance(codes.base, np.ndarray) else codes
    view = _in_place(index, codes, getattr(whole, "base", None))
    if view is not None:
        return view
    index.add_sa_codes(np.ascontiguousarray(codes))
    return index


def _in_place(empty: Any, codes: NDArray[np.uint8], held: Any) -> Any:
    """An index that reads codes where they are mapped; None if they are not, or there is no room for its header."""
    faiss = _faiss()
    try:
        whole = np.frombuffer(held, np.uint8)
    except (TypeError, ValueError):  # memory of another kind
        return None
    before = whole.size - codes.size
    empty.ntotal = len(codes)
    header = faiss.serialize_index(empty)
    header[-8:] = np.frombuffer(np.uint64(codes.size).tobytes(), np.uint8)  # how many codes follow
    empty.ntotal = 0
    if not whole.flags.writeable or before < header.size or codes.ctypes.data != whole.ctypes.data + before:
        return None
    whole[before - header.size : before] = header
    reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(whole[before - header.size :]), header.size + codes.size)
    index = faiss.read_index(reader)
    return None if index.codes.is_owned else index


@cache
def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise InputError(
            f"FAISS cannot be imported: {error}", where="--search faiss", fix="pip install 'edgeface[gallery]'"
        ) from error
    return faiss
