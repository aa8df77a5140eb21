"""Files that grow at their end: pieces that are there wholly or not at all, which several processes may append.

Who appends holds the file's lock (flock) meanwhile, so that whatever is unfinished at its end then is left over from a
process that was killed, and is cut off.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeface.core.writing import check_replaceable, make_folders, write_failures, write_file
from edgeface.reading.regular_file import is_there

_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class GrownFile:
    """A file, open for reading and appending.

    Args:
        path: the file, which is made if it is missing; None for one without a name, gone at the end.
        begin: what a new file begins with.
        what: its name in errors, as in "the cache".

    Raises:
        WriteError: it cannot be made, or something else than a regular file is there.
    """

    def __init__(self, path: Path | None, begin: bytes, what: str) -> None:
        self.where, self._what, self._named = path or Path(tempfile.gettempdir()), what, path is not None
        if path is None:
            with write_failures(self.where, what), tempfile.TemporaryFile(buffering=0) as stream:
                stream.write(begin)
                self._descriptor = os.dup(stream.fileno())
        else:
            if not is_there(path):
                make_folders(path.parent, what)
                write_file(path, begin, what)
            check_replaceable(path, what)
            with write_failures(path, what):
                self._descriptor = os.open(path, _FLAGS)
        weakref.finalize(self, os.close, self._descriptor)

    @property
    def size(self) -> int:
        """Its length in bytes now."""
        return os.fstat(self._descriptor).st_size

    def read(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from a place on.

        Raises:
            WriteError: the system fails.
        """
        with write_failures(self.where, self._what):
            return os.pread(self._descriptor, size, at)

    def append(self, piece: bytes, seen: Callable[[], int]) -> None:
        """Append a piece.

        Args:
            piece: the bytes.
            seen: called when no one else can append: reads what others have, and returns where whole pieces end.

        Raises:
            WriteError: it cannot be written; then nothing is there of it.
        """
        with write_failures(self.where, self._what), self._alone():
            end = seen()
            os.ftruncate(self._descriptor, end)
            try:
                _write_all(self._descriptor, piece, end)
                if self._named:
                    os.fsync(self._descriptor)
            except BaseException:  # an interruption too
                os.ftruncate(self._descriptor, end)
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._named:
            yield
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def _write_all(descriptor: int, data: bytes, at: int) -> None:
    left = memoryview(data)
    while left:
        written = os.pwrite(descriptor, left, at)
        left, at = left[written:], at + written
