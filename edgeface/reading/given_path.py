"""Paths as callers of the Python interface give them: text, or anything that names a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from edgeface.errors import InputError

StrPath: TypeAlias = "str | os.PathLike[str]"
"""Text, a `pathlib.Path`, or an opened `Artifact`, which stands for its folder."""


def given_path(path: object, name: str = "the path") -> Path:
    """A path that was given.

    Args:
        path: what was given.
        name: its name in errors, e.g. the parameter's.

    Raises:
        InputError: it is None, empty, or no path at all.
    """
    if isinstance(path, Path):  # as it is: it may stand for a URL
        return path
    found = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(found, str):
        kind = "None" if path is None else f"of type {type(path).__name__}"
        raise InputError(f"{name} is {kind}, not a path", fix="pass text or a pathlib.Path")
    if not found:
        raise InputError(f"{name} is empty", fix="pass the path of a file or folder")
    return Path(found)


def optional_path(path: object, name: str) -> Path | None:
    """A path that may be left out: None stays None; else as `given_path`."""
    return None if path is None else given_path(path, name)
