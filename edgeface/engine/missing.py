"""Files that are here, and missing where a part was computed."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from edgeface.errors import InputError
from edgeface.reading.regular_file import is_there

Error = TypeVar("Error", bound=BaseException)


def missing_there(error: Error) -> Error:
    """The error of a part; if it is about a missing file that is here, its fix says how machines share files."""
    if (
        isinstance(error, InputError)
        and "there is no such file" in error.what
        and error.where
        and is_there(Path(error.where))
    ):
        error.fix = "it is here, but not on every machine: share its folder at the same path, or pass a URL"
    return error
