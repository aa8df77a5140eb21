r"""Names from outside, made safe to show: in terminals, logs, documents and pages.

A file, a node or a person may be called anything: escape sequences that rewrite what a terminal shows, line breaks that
forge a line of output, marks that reverse the reading direction, bytes that are no text. They are shown as `\x1b`.
"""

from __future__ import annotations

import re
import unicodedata

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
