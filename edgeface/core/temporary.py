"""Temporary files and folders that carry a lock: what a killed process left is removed by the next one.

A name says what is temporary; a lock on it (flock) says that its process lives. A lock ends with its process however it
ends, unlike a process's number, which another process may have by now, or in another container. What no one holds is
left over: a new file or folder is removed, one that was moved aside goes back if nothing took its place.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeface.errors import WriteError

NEW, ASIDE = ".edgeface-new-", ".edgeface-old-"
_NAMES = re.compile(r"\.edgeface-(new|old)-[0-9a-f]{16}(?:-(?P<final>.+))?", re.DOTALL)
_LOOK = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder in `parent`, by default the system's for temporary files; removed at the end with all in it.

    What processes that were killed left in `parent` is removed first.

    Raises:
        WriteError: the system's folder for temporary files cannot be used.
        OSError: it cannot be created in `parent`.
    """
    if parent is None:
        try:
            folder, lock = _new_folder(Path(tempfile.gettempdir()))
        except OSError as error:
            fix = "free some space there, or let TMPDIR name another folder"
            raise WriteError(f"cannot write temporary files: {error.strerror}", where="TMPDIR", fix=fix) from error
    else:
        folder, lock = _new_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _new_folder(where: Path) -> tuple[Path, int]:
    """A new folder, and the descriptor that holds its lock."""
    sweep(where)
    while True:
        folder = where / f"{NEW}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        lock = held(folder)
        if lock is not None:  # else another process swept it before it was held
            return folder, lock


@contextmanager
def temporary_file(parent: Path, mode: int) -> Iterator[tuple[Path, int]]:
    """A new empty file in `parent`, and a descriptor to write to; removed at the end if it still has this name.

    Raises:
        OSError: it cannot be created.
    """
    sweep(parent)
    while True:
        path = parent / f"{NEW}{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        if _lock(descriptor, path, wait=True):
            break
        os.close(descriptor)
    try:
        yield path, descriptor
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def aside(path: Path) -> Path:
    """A name next to `path` for it while another takes its place; `sweep` moves it back where none did."""
    return path.with_name(f"{ASIDE}{secrets.token_hex(8)}-{path.name}")


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder, and put back what they had moved aside.

    What a living process holds stays, and so does what is not this user's.
    """
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = _NAMES.fullmatch(path.name)
            if found is not None:
                _clear(path, found["final"] if path.name.startswith(ASIDE) else None)


def recover(path: Path) -> None:
    """Put back what a process that was killed had moved aside from this path, if nothing is there now."""
    if not os.path.lexists(path):
        sweep(path.parent)


def held(path: Path) -> int | None:
    """A descriptor that holds a file's or folder's lock until it is closed, which is waited for; None if it is gone.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, _LOOK)
    except FileNotFoundError:
        return None
    if _lock(descriptor, path, wait=True):
        return descriptor
    os.close(descriptor)
    return None


def _clear(path: Path, final: str | None) -> None:
    """Remove what is left over, or move it back to the name `final`."""
    with suppress(OSError):
        descriptor = os.open(path, _LOOK)
        try:
            mine = os.fstat(descriptor).st_uid == os.geteuid()
            if not mine or not _lock(descriptor, path, wait=False):
                return
            if final is not None and not os.path.lexists(path.with_name(final)):
                path.rename(path.with_name(final))
            elif stat.S_ISDIR(os.fstat(descriptor).st_mode):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        finally:
            os.close(descriptor)


def _lock(descriptor: int, path: Path, *, wait: bool) -> bool:
    """Whether the lock was taken, and the path still leads to what is locked.

    A file system without locks counts as one whose owner lives: only owners remove what is theirs.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return wait
    try:
        now = path.lstat()
    except FileNotFoundError:
        return False
    own = os.fstat(descriptor)
    return (now.st_dev, now.st_ino) == (own.st_dev, own.st_ino)
