"""Text in lines of a width: broken between words only, with numbers kept beside their signs and units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_KEPT = "\ue000"
"""Stands for a space that no line ends at, while a text is split."""
_AFTER_SIGN = re.compile(r"(?<=[≤≥<>=±×–→]) (?=[\d.+−-])")
_BEFORE_UNIT = re.compile(r"(?<=[\d.]) (?=(?:%|[×–→±]|dB|ms|s|fps|[kMG]?(?:B|px|OP/s|FLOPs?|FLOP/s|MACs?)|[kM])(?!\w))")
_BETWEEN = re.compile(r" (?! )")  # the last of several spaces, so that the others stay
_WHOLE = re.compile(r"`[^`\n]{1,40}`|\([^()\n]{1,14}\)")
_WIDE = frozenset("WF")
_WITHOUT_WIDTH = frozenset(("Mn", "Me", "Cf", "Cn"))


def display_width(text: str) -> int:
    """The columns that a text takes in a terminal: two for wide characters of East Asia, none for combining marks."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def words(text: str) -> list[str]:
    """The parts between which a line may end: words, numbers with sign and unit, short commands, short remarks."""
    kept = _WHOLE.sub(lambda found: found[0].replace(" ", _KEPT), text)
    kept = _BEFORE_UNIT.sub(_KEPT, _AFTER_SIGN.sub(_KEPT, kept))
    return [part.replace(_KEPT, " ") for part in _BETWEEN.split(kept.strip(" ")) if part]


def wrapped(text: str, width: int, hanging: str = "") -> list[str]:
    """A paragraph as lines of at most `width` columns; a longer word, e.g. a path, gets a line of its own.

    Args:
        text: one line; spaces at its start indent it.
        width: in columns.
        hanging: starts every line but the first.
    """
    return filled(words(text), width, text[: len(text) - len(text.lstrip(" "))], hanging)


def filled(parts: Iterable[str], width: int, indent: str = "", hanging: str = "") -> list[str]:
    """Parts that stay whole, as lines of at most `width` columns.

    Args:
        parts: what a space is put between.
        width: in columns.
        indent: starts the first line.
        hanging: starts every other line.
    """
    line = indent
    lines, used, empty = list[str](), len(line), True
    for word in parts:
        needed = display_width(word)
        if not empty and used + 1 + needed > width:
            lines.append(line.rstrip(" "))
            line, used, empty = hanging, len(hanging), True
        line = f"{line}{word}" if empty else f"{line} {word}"
        used += needed + (not empty)
        empty = False
    return [*lines, line]


def paragraphs(text: str, width: int) -> str:
    """Every line of a text wrapped to a width, further lines indented as the first one is."""
    found = []
    for line in text.split("\n"):
        found += wrapped(line, width, line[: len(line) - len(line.lstrip(" "))])
    return "\n".join(found)


def _columns(char: str) -> int:
    if unicodedata.category(char) in _WITHOUT_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1
