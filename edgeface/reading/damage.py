"""The one place where exceptions of documents with another form than expected become errors with what and where."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from edgeface.errors import InputError

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
        said = str(error).split("\n")[0][:200]
        lacking = isinstance(error, KeyError)
        raise InputError(
            f"damaged {what}: {f'it lacks {said}' if lacking else f'{said} ({type(error).__name__})'}",
            where=where,
            fix=fix,
        ) from error
