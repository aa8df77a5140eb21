"""Sentences as lines of the terminal."""

from __future__ import annotations

import sys

from edgeface.core.description import State
from edgeface.core.style import styled
from edgeface.core.terminal import columns
from edgeface.core.visible import visible
from edgeface.core.wrapping import display_width, wrapped

WIDEST = 100
"""Longer lines are hard to read."""


def paragraph(text: str, indent: str = "", hanging: str | None = None) -> str:
    """A text on lines that fit the terminal, of at most `WIDEST` columns.

    Args:
        text: sentences, without line breaks.
        indent: starts the first line.
        hanging: starts the others; by default as many spaces as `indent` is wide.
    """
    room = min(columns(sys.stdout), WIDEST)
    below = " " * display_width(indent) if hanging is None else hanging
    first, *rest = wrapped(visible(text), room - max(display_width(indent), display_width(below)))
    return "\n".join([f"{indent}{first}", *(f"{below}{line}" for line in rest)])


def listed(title: str, lines: list[str]) -> str:
    """A title, and below it a paragraph for each line, indented."""
    return "\n".join([title, *(paragraph(line, "  ", "    ") for line in lines)])


def judged(name: str, headline: str, state: State, meaning: str) -> str:
    """A verdict: what it is of, its headline in the color of its state, and what it means."""
    text = paragraph(f"{name}{headline}: {meaning}")
    start = f"{name}{headline}"
    return text.replace(headline, styled(headline, state), 1) if text.startswith(visible(start)) else text
