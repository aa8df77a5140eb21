"""Cache of results by image: one file, written atomically, so that an interrupted run can resume."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.core.writing import make_folders, write_file
from edgeface.errors import InputError
from edgeface.reading.arrays import read_arrays
from edgeface.reading.kinds import CACHE
from edgeface.reading.regular_file import is_folder, is_there

DEFAULT_NAME = "evaluation-cache.npz"
SAVE_EVERY_S = 15.0

_MARK = "edgeface_evaluation_cache"
_FORMAT = 1

Rows = NDArray[np.float32]


class Cache:
    """Cached rows float32 [k,d], by part (what was computed, by which artifacts) and SHA-256 of the image.

    Args:
        path: a file, created if it is missing, or a folder to create one in; None keeps nothing.

    Raises:
        InputError: the file is damaged, not an edgeface cache, or cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path / DEFAULT_NAME if path is not None and is_folder(path) else path
        self._rows: dict[str, dict[str, Rows]] = {}
        self._changed = False
        self._saved = time.monotonic()
        if self.path is None:
            return
        if is_there(self.path):
            self._rows = _read(self.path)
        else:  # now, rather than after the first minutes of work
            make_folders(self.path.parent, "the cache")
            _write(self.path, self._rows)

    def get(self, part: str, image: str) -> Rows | None:
        """The cached rows, or None."""
        return self._rows.get(part, {}).get(image)

    def put(self, part: str, image: str, rows: Rows) -> None:
        """Store a result; the file is written from time to time."""
        self._rows.setdefault(part, {})[image] = rows
        self._changed = True
        if time.monotonic() - self._saved > SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write the file if there are new results.

        Raises:
            WriteError: the file cannot be written.
        """
        if self.path is not None and self._changed:
            _write(self.path, self._rows)
            self._changed = False
        self._saved = time.monotonic()


def _write(path: Path, content: dict[str, dict[str, Rows]]) -> None:
    arrays: dict[str, NDArray[np.generic]] = {_MARK: np.array(_FORMAT)}
    for part, rows in sorted(content.items()):
        ordered = sorted(rows.items())
        arrays[f"{part}/images"] = np.array([image for image, _ in ordered], np.str_)
        arrays[f"{part}/counts"] = np.array([len(item) for _, item in ordered], np.int64)
        arrays[f"{part}/rows"] = np.concatenate([item for _, item in ordered])
    write_file(path, lambda stream: np.savez(stream, allow_pickle=False, **arrays), "the cache")


def _read(path: Path) -> dict[str, dict[str, Rows]]:
    file = read_arrays(path, CACHE, CACHE.max_bytes)
    if _MARK not in file:
        raise InputError("this file is not an evaluation cache", where=str(path), fix=CACHE.fix)
    if file[_MARK].tolist() != _FORMAT:
        raise InputError("the cache is of another version of edgeface", where=str(path), fix=CACHE.fix)
    parts = sorted({name.split("/")[0] for name in file} - {_MARK})
    try:
        return {part: _split(*(file[f"{part}/{name}"] for name in ("images", "counts", "rows"))) for part in parts}
    except (ValueError, KeyError) as error:
        raise InputError(f"the cache is damaged: {error}", where=str(path), fix=CACHE.fix) from error


def _split(images: NDArray[np.str_], counts: NDArray[np.int64], rows: Rows) -> dict[str, Rows]:
    fits = images.shape == counts.shape and images.ndim == 1 and images.dtype.kind == "U" and counts.dtype == np.int64
    fits = fits and rows.ndim == 2 and rows.dtype == np.float32
    # Each is compared before they are summed: a sum of numbers from outside may wrap around.
    if not (fits and ((counts >= 0) & (counts <= len(rows))).all() and counts.sum() == len(rows)):
        raise ValueError("its arrays have inconsistent lengths")
    if not np.isfinite(rows).all():
        raise ValueError("its results are not finite")
    pieces = np.split(rows, np.cumsum(counts)[:-1]) if len(counts) else []
    return dict(zip(images.tolist(), pieces, strict=True))
