r"""Names from outside, made safe to show: in terminals, logs, documents and pages.

A file, a node or a person may be called anything: escape sequences that rewrite what a terminal shows, line breaks that
forge a line of output, marks that reverse the reading direction, bytes that are no text. They are shown as `\x1b`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, TextIO

from edgeface.core.style import MARKS

_JOINERS = "\u200c\u200d"
"""Zero-width joiners, which languages and emoji need."""
_LAID_OUT = re.compile(r"([\n\t]+)")


def visible(text: str) -> str:
    r"""Text on one line: control characters and undecodable bytes as `\x1b`, directions and line ends as `\u202e`."""
    return text if text.isprintable() else "".join(char if _is_harmless(char) else _escaped(char) for char in text)


def visible_lines(text: str) -> str:
    """Text of several lines, whose line breaks and tabs are ours."""
    return "".join(part if part[:1] in {"\n", "\t"} else visible(part) for part in _LAID_OUT.split(text))


def visible_json(text: str) -> str:
    r"""A JSON text with the same content, whose strings hold what is not harmless as `\u202e`."""
    return "".join(part if part[:1] in {"\n", "\t"} else _json_line(part) for part in _LAID_OUT.split(text))


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


def _json_line(text: str) -> str:
    return text if text.isprintable() else "".join(char if _is_harmless(char) else _json_escape(char) for char in text)


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8 (PEP 383)
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
