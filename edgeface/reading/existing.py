"""Paths that must lead to something, checked together before any of them is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edgeface.errors import InputError


def refuse_missing(given: Mapping[str, Path | Sequence[Path] | None]) -> None:
    """Refuse paths that lead to nothing, all at once; what else is wrong with a path says whoever reads it.

    Args:
        given: paths by option; None where there is none.

    Raises:
        InputError: there is nothing at some of them.
    """
    missing = [
        (option, path)
        for option, value in given.items()
        for path in ([value] if isinstance(value, Path) else [Path(value)] if isinstance(value, str) else value or ())
        if _is_missing(path)
    ]
    if len(missing) == 1:
        option, path = missing[0]
        raise InputError(f"{option}: there is no such file or folder", where=str(path), fix="check the path")
    if missing:
        raise InputError(
            f"{len(missing)} files and folders do not exist",
            where="; ".join(f"{option} {path}" for option, path in missing),
            fix="check the paths",
        )


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):  # it may be there, but cannot be reached, or is no path
        return False
    return False
