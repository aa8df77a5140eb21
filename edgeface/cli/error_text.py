"""Errors as text: what, where and how to mend it, and what an error of its kind lists besides."""

from __future__ import annotations

from edgeface.cli.error_part import error_part
from edgeface.cli.refusal_text import format_refusal
from edgeface.core.visible import visible
from edgeface.errors import EdgefaceError, GateError, OperatorError, UnsettledError, describe_refusals

_WHERE, _FIX = "  where: ", "  fix:   "


def format_error(error: EdgefaceError) -> str:
    """An error on stderr.

    Each part starts on a line of its own, so that a name with a line break cannot forge another. On a terminal they
    are wrapped to its width; elsewhere each is one line, which can be searched.
    """
    if isinstance(error, GateError) and error.refused is not None:
        return format_refusal(error, error.refused)
    lines = [*error_part("error: ", error.what, "bad")]
    lines += error_part(_WHERE, error.where) if error.where else []
    lines += error_part(_FIX, error.fix) if error.fix else []
    return "\n".join(lines) + _refused(error) + _unsettled(error)


def _refused(error: EdgefaceError) -> str:
    """The nodes of a network that are not supported, where they are several."""
    refusals = error.refusals if isinstance(error, OperatorError) else ()
    return "".join(f"\n{visible(line)}" for line in describe_refusals(refusals)) if len(refusals) > 1 else ""


def _unsettled(error: EdgefaceError) -> str:
    """The contract that is to be decided, line by line; empty for other errors."""
    lines = error.filled.splitlines() if isinstance(error, UnsettledError) else ()
    return "".join(f"\n{visible(line)}" for line in ("", *lines)) if lines else ""
