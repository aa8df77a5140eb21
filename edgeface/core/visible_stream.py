"""A stream whose text is made visible; boards do not have it, because its marks of style are for terminals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

from edgeface.core.style import MARKS
from edgeface.core.visible import visible_lines


class VisibleStream:
    """A text stream that shows whatever is written to it; `unfiltered` is the stream itself, for our own sequences.

    Args:
        stream: the stream.
        styles: what is written for each mark of `edgeface.core.style`, e.g. a terminal's sequence; nothing by default.
    """

    def __init__(self, stream: TextIO, styles: Mapping[str, str] | None = None) -> None:
        self.unfiltered = stream
        self._styles = styles or {}

    def write(self, text: str) -> int:
        """Write lines of text; the number of characters that were given."""
        parts = MARKS.split(text)  # every second one is a mark
        shown = [self._styles.get(part, "") if at % 2 else visible_lines(part) for at, part in enumerate(parts)]
        self.unfiltered.write("".join(shown))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's own."""
        return getattr(self.unfiltered, name)
