"""Atomic folder writes: into a temporary folder next to the target, then rename."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeface.errors import InputError


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A temporary folder inside `out`, always removed at the end; so is `out` if it was created and is empty.

    Raises:
        InputError: `out` cannot be written to.
    """
    made: list[Path] = []
    try:
        made += [folder for folder in (out, *out.parents) if not folder.exists()]
        out.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".edgeface-", dir=out))
    except OSError as error:
        for created in made:
            _remove_empty(created)
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot write: {reason}", where=str(out), fix="pass --out a folder that you may write to"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for created in made:
            _remove_empty(created)


def move_into_place(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Rename staged folders to their final paths, all or none; existing folders are replaced.

    Args:
        pairs: (staged folder, final path) of each.
    """
    undo: list[tuple[Path, Path]] = []
    try:
        for staged, final in pairs:
            staged.chmod(0o755)
            if final.exists():
                old = staged.with_name(f"{staged.name}.replaced")
                final.rename(old)
                undo.append((old, final))
            staged.rename(final)
            undo.append((final, staged))
    except OSError:
        for now, before in reversed(undo):
            now.rename(before)
        raise


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # not empty, or missing
        folder.rmdir()
