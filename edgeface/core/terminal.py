"""What a stream shows: how many columns wide, and whether in colors."""

from __future__ import annotations

import os
from typing import TextIO

USUAL = 80
_NARROWEST = 20


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at the stream."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def columns(stream: TextIO | None) -> int:
    """Columns per line: COLUMNS if it is set, else the terminal's, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return max(int(given), _NARROWEST)
    if stream is None or not is_terminal(stream):
        return USUAL
    try:
        found = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        found = 0
    return max(found, _NARROWEST) if found else USUAL


def is_colored(stream: TextIO | None) -> bool:
    """Whether to write colors: on a terminal that has them, unless NO_COLOR is set (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
