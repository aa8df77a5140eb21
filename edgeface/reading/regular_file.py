"""The one place where files are opened for reading: regular files only, and never more than a kind of file may have.

A pipe, socket or device can block for ever, or be endless; its size says nothing. This module ships to boards too, so
it keeps to Python 3.8 and the standard library.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edgeface.errors import EdgefaceError, InputError

_CHUNK_BYTES = 1 << 20
# Without waiting for a pipe's writer, without making a terminal ours; what a system lacks is 0.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
_UNUSUAL = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        noun: what errors call it, as in "checkpoint".
        max_bytes: the most that one may have.
        fix: how to mend one that cannot be used.
        too_large: the same for one that is too large.
        error: the class of these errors, which takes `where` and `fix`.
        marks: what can stand at `marks_at`, empty for anything: a gigabyte of zeros is then refused unread.
    """

    noun: str
    max_bytes: int
    fix: str | None = None
    too_large: str | None = None
    error: type[EdgefaceError] = InputError
    marks: tuple[bytes, ...] = ()
    marks_at: int = 0


def open_file(path: Path, kind: Kind) -> BinaryIO:
    """A regular file, opened for reading; its size is within the kind's limit now, but may grow while it is read.

    Raises:
        EdgefaceError: of the kind's class: the file is missing, not a regular file, too large, or may not be read.
    """
    try:
        _check(path.stat(), path, kind)  # before it is opened: opening a device can have effects
        open_url = getattr(path, "open_url", None)  # of a path that stands for a URL (`url_path`)
        if open_url is not None:
            return _begun(open_url(kind.max_bytes), path, kind)
        descriptor = os.open(path, _FLAGS)
        try:
            _check(os.fstat(descriptor), path, kind)  # again: it may have been exchanged
        except BaseException:
            os.close(descriptor)
            raise
        stream = os.fdopen(descriptor, "rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path, or text that no path can have
        raise _failed(error, path, kind) from error
    return _begun(stream, path, kind)


def _begun(stream: BinaryIO, path: Path, kind: Kind) -> BinaryIO:
    """The stream, if it begins as the kind does."""
    if kind.marks:
        begin = stream.read(kind.marks_at + max(map(len, kind.marks)))
        stream.seek(0)
        if begin and not begin[kind.marks_at :].startswith(kind.marks):
            stream.close()
            raise unreadable(f"it does not begin as any {kind.noun}", str(path), kind)
    return stream


def check_file(path: Path, kind: Kind) -> int:
    """Check that a library can open the file by its path; its size in bytes.

    Raises:
        EdgefaceError: as `open_file`.
    """
    with open_file(path, kind) as stream:
        return os.fstat(stream.fileno()).st_size


def read_file(path: Path, kind: Kind) -> bytes:
    """A file's content.

    Raises:
        EdgefaceError: as `open_file`.
    """
    return b"".join(read_chunks(path, kind))


def read_chunks(path: Path, kind: Kind, chunk_bytes: int = 0) -> Iterator[bytes]:
    """A file's content in pieces of at most `chunk_bytes`; 0 takes its size at once, if that is said truly.

    Raises:
        EdgefaceError: as `open_file`.
    """
    with open_file(path, kind) as stream:
        total, wanted = 0, chunk_bytes or _size(stream) + 1
        while True:
            try:
                chunk = stream.read(min(wanted, kind.max_bytes + 1 - total))
            except OSError as error:
                raise _failed(error, path, kind) from error
            if not chunk:
                return
            total += len(chunk)
            if total > kind.max_bytes:
                raise _too_large(path, kind)
            yield chunk
            wanted = chunk_bytes or _CHUNK_BYTES


def _size(stream: BinaryIO) -> int:
    """The size of a file, or of what is in memory already."""
    if isinstance(stream, io.BytesIO):
        return len(stream.getbuffer())
    return os.fstat(stream.fileno()).st_size


def map_file(path: Path, kind: Kind) -> bytes | mmap.mmap:
    """A file's content, mapped into memory.

    Raises:
        EdgefaceError: as `open_file`.
    """
    with open_file(path, kind) as stream:
        try:
            size = os.fstat(stream.fileno()).st_size
            return mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        except (OSError, ValueError) as error:  # ValueError: it was cut short just now
            raise _failed(error, path, kind) from error


def digest_file(path: Path, kind: Kind) -> str:
    """SHA-256 of a file's content in hex, in constant memory.

    Raises:
        EdgefaceError: as `open_file`.
    """
    digest = hashlib.sha256()
    for chunk in read_chunks(path, kind, _CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def is_file(path: Path) -> bool:
    """Whether there is a regular file; False too for a path that the system refuses, e.g. for its length."""
    return _mode(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Whether there is a folder; as `is_file`."""
    return _mode(path, stat.S_ISDIR)


def is_there(path: Path) -> bool:
    """Whether there is anything; as `is_file`."""
    return _mode(path, bool)


def _mode(path: Path, wanted: Callable[[int], bool]) -> bool:
    try:
        return wanted(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def unreadable(why: str, where: str, kind: Kind) -> EdgefaceError:
    """The error for a file of a kind that cannot be used, and why."""
    return kind.error(f"cannot read the {kind.noun}: {why}", where=where, fix=kind.fix)


def _check(found: os.stat_result, path: Path, kind: Kind) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = next((name for is_it, name in _UNUSUAL if is_it(found.st_mode)), "something special")
        raise unreadable(f"it is {what}, not a file", str(path), kind)
    if found.st_size > kind.max_bytes:
        raise _too_large(path, kind)


def _failed(error: Exception, path: Path, kind: Kind) -> EdgefaceError:
    if isinstance(error, FileNotFoundError):
        return unreadable("there is no such file", str(path), kind)
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return unreadable(said[:1].lower() + said[1:], str(path), kind)


def _too_large(path: Path, kind: Kind) -> EdgefaceError:
    limit = kind.max_bytes
    said = f"{limit >> 20:,} MiB" if limit >= 1 << 20 else f"{limit:,} bytes"
    error = unreadable(f"it is too large, over {said}", str(path), kind)
    error.fix = kind.too_large or kind.fix
    return error
