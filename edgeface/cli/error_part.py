"""A part of an error on stderr."""

from __future__ import annotations

import sys

from edgeface.core.style import styled
from edgeface.core.terminal import columns, is_terminal
from edgeface.core.visible import visible
from edgeface.core.wrapping import wrapped


def error_part(name: str, text: str, style: str | None = None) -> list[str]:
    """A named part of an error as lines; further ones start below its text.

    Args:
        name: what the part is, with the spaces around it.
        text: shown on one line where no terminal has a width.
        style: of the name.
    """
    shown = visible(str(text))
    if not is_terminal(sys.stderr):
        return [f"{styled(name.rstrip(), style)}{' ' * (len(name) - len(name.rstrip()))}{shown}"]
    first, *rest = wrapped(shown, columns(sys.stderr) - len(name))
    return [f"{styled(name, style)}{first}", *(f"{'':{len(name)}}{line}" for line in rest)]
