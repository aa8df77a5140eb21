"""Marks around parts of a text that a terminal shows in color; every other output leaves them out.

They are noncharacters of Unicode, which names from outside cannot hold once they are made visible, and take no column.
"""

from __future__ import annotations

import re

from edgeface.core.description import State

_STARTS: dict[State | str, str] = {"good": "\ufdd0", "unsure": "\ufdd1", "bad": "\ufdd2", "strong": "\ufdd3"}
_END = "\ufddf"
MARKS = re.compile(f"([{''.join(_STARTS.values())}{_END}])")

TERMINAL = {
    _STARTS["good"]: "\x1b[32m",
    _STARTS["unsure"]: "\x1b[33m",
    _STARTS["bad"]: "\x1b[31m",
    _STARTS["strong"]: "\x1b[1m",
    _END: "\x1b[0m",
}
"""The sequences of terminals, by mark."""


def styled(text: str, style: State | str | None) -> str:
    """A text between marks: of a verdict's state, or "strong"; None leaves it as it is."""
    return text if style is None or not text else f"{_STARTS[style]}{text}{_END}"


def plain(text: str) -> str:
    """A text without marks."""
    return MARKS.sub("", text)
