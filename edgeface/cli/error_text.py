"""Errors as text: what, where and how to mend it, and what an error of its kind lists besides."""

from __future__ import annotations

import sys

from edgeface.core.style import styled
from edgeface.core.terminal import columns, is_terminal
from edgeface.core.visible import visible
from edgeface.core.wrapping import wrapped
from edgeface.errors import EdgefaceError, GateError, OperatorError, UnsettledError, describe_refusals

_WHERE, _FIX = "  where: ", "  fix:   "


def format_error(error: EdgefaceError) -> str:
    """An error on stderr.

    Each part starts on a line of its own, so that a name with a line break cannot forge another. On a terminal they
    are wrapped to its width; elsewhere each is one line, which can be searched.
    """
    lines = [*_part("error: ", error.what, "bad")]
    lines += _part(_WHERE, error.where) if error.where else []
    lines += _part(_FIX, error.fix) if error.fix else []
    return "\n".join(lines) + _refused(error) + _unsettled(error) + _tried(error)


def _part(name: str, text: str, style: str | None = None) -> list[str]:
    """A named part of an error, with what its text goes on to below its start."""
    shown = visible(str(text))
    if not is_terminal(sys.stderr):
        return [f"{styled(name.rstrip(), style)}{' ' * (len(name) - len(name.rstrip()))}{shown}"]
    first, *rest = wrapped(shown, columns(sys.stderr) - len(name))
    return [f"{styled(name, style)}{first}", *(f"{'':{len(name)}}{line}" for line in rest)]


def _refused(error: EdgefaceError) -> str:
    """The nodes of a network that are not supported, where they are several."""
    refusals = error.refusals if isinstance(error, OperatorError) else ()
    return "".join(f"\n{visible(line)}" for line in describe_refusals(refusals)) if len(refusals) > 1 else ""


def _unsettled(error: EdgefaceError) -> str:
    """The contract that is to be decided, line by line; empty for other errors."""
    lines = error.filled.splitlines() if isinstance(error, UnsettledError) else ()
    return "".join(f"\n{visible(line)}" for line in ("", *lines)) if lines else ""


def _tried(error: EdgefaceError) -> str:
    """What was tried before a gate's refusal, as a table of accuracy against time; empty where nothing was."""
    repair = error.repair if isinstance(error, GateError) else None
    if repair is None:
        return ""
    from edgeface.cli.table import format_described
    from edgeface.core.repair_table import repair_table

    return f"\n\n{visible(repair.summary)}\n\n{format_described(repair_table(repair))}"
