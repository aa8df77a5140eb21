"""Atomic folder writes: into a temporary folder next to the target, then rename."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from edgeface.core.temporary import aside, held, temporary_folder
from edgeface.core.writing import reason_of
from edgeface.errors import WriteError

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A temporary folder inside `out`, always removed at the end; so is `out` if it was created and is empty.

    Raises:
        WriteError: `out` cannot be written to.
    """
    made: list[Path] = []
    with ExitStack() as held_until_done:
        try:
            made += [folder for folder in (out, *out.parents) if not folder.exists()]
            held_until_done.callback(_remove_empty, made)
            out.mkdir(parents=True, exist_ok=True)
            folder = held_until_done.enter_context(temporary_folder(out))
        except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
            raise WriteError(
                f"cannot write: {reason_of(error)}", where=str(out), fix="pass --out a folder that you may write to"
            ) from error
        yield folder


def move_into_place(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Rename staged folders to their final paths, all or none; existing folders are replaced.

    A folder that exists changes places with the new one in one step, where the system can do that; else it is moved
    aside first, and whoever uses `out` next moves it back should this process be killed in between. What was replaced
    stays in the staging folder, and goes with it.

    Args:
        pairs: (staged folder, final path) of each.

    Raises:
        WriteError: a folder cannot be moved; all are where they were.
    """
    with ExitStack() as undo:
        for staged, final in pairs:
            try:
                staged.chmod(0o755)
                if final.exists():
                    _replace(staged, final)
                    undo.callback(_replace, staged, final)
                else:
                    staged.rename(final)
                    undo.callback(final.rename, staged)
            except OSError as error:
                raise WriteError(f"cannot write the artifact: {reason_of(error)}", where=str(final)) from error
        undo.pop_all()


def _replace(staged: Path, final: Path) -> None:
    """Let two folders change places."""
    if exchange(staged, final):
        return
    lock = held(final)
    old = aside(final)
    try:
        final.rename(old)
        try:
            staged.rename(final)
        except OSError:
            old.rename(final)
            raise
        old.rename(staged)
    finally:
        if lock is not None:
            os.close(lock)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step; False where the system or the file system cannot.

    Raises:
        OSError: a path is missing, or may not be moved.
    """
    rename = _renameat2()
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(other))


@cache
def _renameat2() -> ctypes._NamedFuncPointer | None:
    """Linux's rename with flags; None with another C library than glibc."""
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # not empty, or missing
            folder.rmdir()
