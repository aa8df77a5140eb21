"""The one place where exceptions of documents with another form than expected become errors with what and where."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from edgeface.errors import InputError
from edgeface.reading.invalid import first_invalid

_SHOWN = 200
TRIPPED = (
    *(KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError),
    *(ZeroDivisionError, EOFError, struct.error, zlib.error, AssertionError),
)
"""What values of other types, missing keys and damaged bytes lead to."""


@contextmanager
def damage_reported(what: str, where: str, fix: str | None = None) -> Iterator[None]:
    """Convert what a document of another form leads to inside the block into an `InputError`.

    Args:
        what: the document, as in "certificate".
        where: its file.
        fix: what the user can do about it.
    """
    try:
        yield
    except TRIPPED as error:
        raise InputError(f"damaged {what}: {_said(error)}", where=where, fix=fix) from error


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        wrong = first_invalid(error)
        return wrong.told[:_SHOWN]
    said = str(error).split("\n")[0][:_SHOWN]
    return f"it lacks {said}" if isinstance(error, KeyError) else f"{said} ({type(error).__name__})"
