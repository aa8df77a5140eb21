"""The one place that writes files: each is complete under its name, or not there.

Data goes into a temporary file in the same folder, which is renamed when it is complete. A full disk, a missing folder
or a lack of rights is a WriteError; so is a path that is no regular file, such as a device, a pipe or a link.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from edgeface.core.temporary import temporary_file
from edgeface.errors import WriteError

Content: TypeAlias = bytes | str | Callable[[BinaryIO], object]
"""Bytes, text that becomes UTF-8, or a function that writes to an open file."""

_FIXES = {
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EDQUOT: "free some space, or write to another disk",
    errno.EFBIG: "allow larger files (ulimit -f), or write to another disk",
    errno.EACCES: "check the permissions, or choose another path",
    errno.EPERM: "check the permissions, or choose another path",
    errno.EROFS: "choose a path that can be written to",
    errno.EEXIST: "choose another name: nothing is overwritten here",
    errno.ENOENT: "there is no such folder: create it, or choose another path",
    errno.ENOTDIR: "check the path: a part of it is a file",
}
_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a pipe"))


def write_file(path: Path, content: Content, what: str = "the file") -> None:
    """Write a file, replacing a regular file of that name; its folder must exist.

    Raises:
        WriteError: it cannot be written completely, in which case what was there stays; or something else than a
            regular file is there.
    """
    check_replaceable(path, what)
    with write_failures(path, what), temporary_file(path.parent, 0o666) as (partial, descriptor):
        _fill(descriptor, content)
        partial.replace(path)


def write_new_files(contents: Sequence[tuple[Path, Content, int]], what: str) -> None:
    """Write files that do not exist yet, each with its permissions, one after the other once all are complete.

    Raises:
        WriteError: one exists, or cannot be written; then there is none.
    """
    with ExitStack() as held, ExitStack() as undo:
        complete: list[tuple[Path, Path]] = []
        for path, content, mode in contents:
            if _mode_at(path, what) is not None:
                raise WriteError(f"cannot write {what}: it exists", where=str(path), fix=_FIXES[errno.EEXIST])
            with write_failures(path, what):
                partial, descriptor = held.enter_context(temporary_file(path.parent, mode))
                _fill(descriptor, content)
            complete.append((partial, path))
        for partial, path in complete:
            with write_failures(path, what):
                _take_name(partial, path)
            undo.callback(path.unlink, missing_ok=True)
        undo.pop_all()


def fill_file(path: Path, content: Content, what: str = "the file") -> None:
    """Write a file in a temporary folder, whose content no one else sees before all of it is complete.

    Raises:
        WriteError: it cannot be written completely.
    """
    with write_failures(path, what), path.open("wb") as stream:
        _write(stream, content)


def make_folders(path: Path, what: str = "the file") -> None:
    """Create a folder, and those above it, where they are missing.

    Raises:
        WriteError: it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
        raise WriteError(f"cannot write {what}: {reason_of(error)}", where=str(path), fix=fix_of(error)) from error


def check_replaceable(path: Path, what: str = "the file") -> None:
    """Refuse a path where something other than a regular file is.

    Raises:
        WriteError: naming what is there.
    """
    mode = _mode_at(path, what)
    if mode is not None and not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "a device or a socket")
        raise WriteError(f"cannot write {what}: this is {kind}", where=str(path), fix="choose another path")


@contextmanager
def write_failures(path: Path, what: str) -> Iterator[None]:
    """Failures of the system inside the block as WriteErrors about a path."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"cannot write {what}: {reason_of(error)}", where=str(path), fix=fix_of(error)) from error


def reason_of(error: Exception) -> str:
    """What the system says about a failure."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def fix_of(error: OSError | ValueError) -> str | None:
    """What helps against a failure of the system; None where nothing is known to."""
    return _FIXES.get(error.errno or 0) if isinstance(error, OSError) else "choose another path"


def _mode_at(path: Path, what: str) -> int | None:
    """What is at a path, without following a link; None if nothing is."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: no path can have this name
        raise WriteError(f"cannot write {what}: {reason_of(error)}", where=str(path), fix=fix_of(error)) from error


def _take_name(partial: Path, path: Path) -> None:
    """Give a complete file its name, which no other file may have."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        partial.rename(path)


def _fill(descriptor: int, content: Content) -> None:
    """Write to a descriptor, which stays open, down to the disk."""
    with os.fdopen(descriptor, "wb", closefd=False) as stream:
        _write(stream, content)
        stream.flush()
        os.fsync(descriptor)


def _write(stream: BinaryIO, content: Content) -> None:
    if callable(content):
        content(stream)
    else:
        stream.write(content.encode("utf-8") if isinstance(content, str) else content)
