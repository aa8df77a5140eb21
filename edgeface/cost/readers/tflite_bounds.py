"""Bounded reading of FlatBuffers that may be damaged.

The schema's lazy accessors trust all offsets and lengths in the file. A damaged file makes them raise various
exceptions or report vectors of 4e9 elements, so lengths are compared with the file first.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from edgeface.errors import InputError
from edgeface.reading.kinds import MODEL
from edgeface.reading.regular_file import map_file

_MAX_NAME_BYTES = 1 << 16
_SHARING, _ALLOWANCE_BYTES = 4, 1 << 16
"""Writers may share equal vectors: the total read may be this multiple of the file plus an allowance."""
_IDENTIFIER = b"TFL3"
_TRIPPED = (struct.error, TypeError, ValueError, IndexError, OverflowError, AttributeError, AssertionError)

Content: TypeAlias = "bytes | mmap.mmap"
_T = TypeVar("_T")


def open_content(path: Path) -> Content:
    """The bytes of a .tflite file, memory-mapped.

    Raises:
        InputError: it is missing, larger than 2 GiB or not TFLite.
    """
    content = map_file(path, MODEL)
    if content[4:8] != _IDENTIFIER:
        raise InputError("not a TFLite model", where=str(path), fix="pass a complete .tflite file")
    return content


def damaged(path: Path, what: str) -> InputError:
    """The error for a damaged file."""
    return InputError(
        f"the TFLite model is truncated or damaged: {what}", where=str(path), fix="export or copy it again"
    )


@contextmanager
def damage_reported(path: Path) -> Iterator[None]:
    """Convert exceptions of the schema's accessors to an `InputError`."""
    try:
        yield
    except _TRIPPED as error:
        raise damaged(path, "an offset points outside the file") from error


class BoundedReader:
    """Reader of vectors, strings and tables with types and bounds."""

    def __init__(self, content: Content, path: Path) -> None:
        self.content = content
        self.path = path
        self._left = _ALLOWANCE_BYTES + _SHARING * len(content)

    def rows(self, length: int, item: Callable[[int], _T]) -> list[_T]:
        """All elements of a vector of tables."""
        self.check(length, 4)
        return [item(index) for index in range(length)]

    def check(self, length: int, bytes_each: int) -> None:
        """Reject vectors that exceed the file, and too many that share the same bytes."""
        self._left -= length * bytes_each
        if length * bytes_each > len(self.content) or self._left < 0:
            raise damaged(self.path, f"vectors of {length} elements do not fit into {len(self.content)} bytes")

    def integers(self, row: Any, field: str) -> tuple[int, ...]:
        """A vector of numbers, by the field's name in the schema."""
        self.check(getattr(row, f"{field}Length")(), 4)
        values = getattr(row, f"{field}AsNumpy")()
        return () if isinstance(values, int) else tuple(values.tolist())  # the schema returns 0 for "no vector"

    def name(self, stored: bytes | None) -> str:
        """A string decoded as UTF-8, without control characters."""
        found = stored or b""
        if len(found) > _MAX_NAME_BYTES:
            raise damaged(self.path, f"a name of {len(found)} bytes")
        self.check(len(found), 1)
        text = found.decode("utf-8", "replace")
        return (
            text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        )
