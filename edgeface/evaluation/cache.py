"""Cache of results by image: one file that only grows, so that an interrupted run can go on.

Rows are in the file, or wait to be written; memory holds where they are. A run without a file to keep has one without a
name, once there is more than fits into memory easily.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from edgeface.core.artifact import sha256_hex
from edgeface.core.grown_file import GrownFile
from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.evaluation.cache_blocks import MAGIC, Rows
from edgeface.evaluation.cache_index import CacheIndex
from edgeface.reading.kinds import CACHE
from edgeface.reading.regular_file import is_folder, is_there, open_file, unreadable

DEFAULT_NAME = "evaluation-cache.rows"
SAVE_EVERY_S = 15.0
WAITING_BYTES = 4 << 20
"""Rows that may wait to be written."""

_ARCHIVE, _ANY_VERSION = b"PK\x03\x04", MAGIC[:26]
_OF_ONE = 100
"""Bytes that an image without rows counts for."""


class Cache:
    """Cached rows float32 [k,d], by part (what was computed, by which artifacts) and SHA-256 of the image.

    Several processes may use one file. What one that was killed had not written wholly is computed again.

    Args:
        path: a file, created if it is missing, or a folder to create one in; None keeps nothing beyond the run.

    Raises:
        InputError: the file is damaged, not an edgeface cache, or of another version.
        WriteError: it cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path / DEFAULT_NAME if path is not None and is_folder(path) else path
        self._waiting: dict[bytes, dict[bytes, Rows]] = {}
        self._waiting_bytes = 0
        self._saved = time.monotonic()
        self._index: CacheIndex | None = None
        if self.path is None:
            return
        _check_begin(self.path)
        with self._damage_reported():  # now, rather than after the first minutes of work
            self._index = CacheIndex(GrownFile(self.path, MAGIC, "the cache"))
        if self._index.unfinished:
            note(f"the last results in {self.path} were not written wholly: they are computed again")

    def holds(self, part: str, image: str | None = None) -> bool:
        """Whether there are rows of a part for an image, or for any."""
        key = _key(part)
        waiting = self._waiting.get(key, {})
        if bool(waiting) if image is None else bytes.fromhex(image) in waiting:
            return True
        return self._index is not None and self._index.holds(key, None if image is None else bytes.fromhex(image))

    def get(self, part: str, image: str) -> Rows | None:
        """The cached rows, or None.

        Raises:
            InputError: the file was cut since it was opened.
        """
        key, digest = _key(part), bytes.fromhex(image)
        found = self._waiting.get(key, {}).get(digest)
        if found is None and self._index is not None:
            with self._damage_reported():
                found = self._index.get(key, digest)
        return found

    def put(self, part: str, image: str, rows: Rows) -> None:
        """Store a result; what waits is written from time to time.

        Raises:
            WriteError: the file cannot be written.
        """
        self._waiting.setdefault(_key(part), {})[bytes.fromhex(image)] = rows
        self._waiting_bytes += rows.nbytes + _OF_ONE
        late = self.path is not None and time.monotonic() - self._saved > SAVE_EVERY_S
        if late or self._waiting_bytes > WAITING_BYTES:
            self._write()

    def save(self) -> None:
        """Write what waits, if there is a file to keep.

        Raises:
            WriteError: the file cannot be written.
        """
        if self.path is not None:
            self._write()

    def _write(self) -> None:
        self._saved = time.monotonic()
        if self._index is None:
            self._index = CacheIndex(GrownFile(None, MAGIC, "results that wait"))
        for key in sorted(self._waiting):
            with self._damage_reported():
                self._index.append(key, self._waiting[key])
            del self._waiting[key]
        self._waiting_bytes = 0

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise InputError(f"the cache is damaged: {error}", where=str(self.path), fix=CACHE.fix) from error


@lru_cache(maxsize=64)
def _key(part: str) -> bytes:
    """The key of a part in the file: its name, where that is a digest."""
    is_digest = len(part) == 64 and set(part) <= set("0123456789abcdef")
    return bytes.fromhex(part if is_digest else sha256_hex(part.encode()))


def _check_begin(path: Path) -> None:
    """Refuse a file that is no cache, before anything is written to it."""
    if not is_there(path):
        return
    with open_file(path, CACHE) as stream:
        begin = stream.read(len(MAGIC))
    if begin.startswith(_ARCHIVE):
        what = "it is an archive: a cache of an older version of edgeface, or none"
        raise unreadable(what, str(path), CACHE)
    if begin != MAGIC and begin.startswith(_ANY_VERSION):
        raise InputError("the cache is of another version of edgeface", where=str(path), fix=CACHE.fix)
    if begin != MAGIC:
        raise unreadable("it does not begin as one", str(path), CACHE)
