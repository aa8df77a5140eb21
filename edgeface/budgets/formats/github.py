"""GitHub Actions workflow commands: an error for each exceeded limit, a warning for each caution, notices for the rest.

Escapes are those of actions/toolkit: %, CR and LF in messages, and also : and , in properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgeface.budgets.formats.wording import failures, from_here, sentence
from edgeface.budgets.judge import Verdict
from edgeface.core.visible import visible

if TYPE_CHECKING:
    from edgeface.budgets.check import Check


def write(checks: Sequence[Check]) -> str:
    """One command per line; errors first, since GitHub shows only the first ten annotations per kind and step."""
    errors, warnings, notices = [], [], []
    for check in checks:
        for verdict in check.verdicts:
            errors += [_command("error", check, title, message) for title, message in _errors(verdict)]
            title = f"{verdict.budget.name} caution"
            warnings += [_command("warning", check, title, line) for line in verdict.cautions]
            notices += [_command("notice", check, title, message) for title, message in _notices(verdict)]
    return "".join(line + "\n" for line in errors + warnings + notices)


def _errors(verdict: Verdict) -> Iterator[tuple[str, str]]:
    for title, message in failures(verdict):
        outcome = title if verdict.state == "not judged" else f"over: {title}"
        yield f"{verdict.budget.name} {outcome}", message


def _notices(verdict: Verdict) -> Iterator[tuple[str, str]]:
    kept = [sentence(result) for result in verdict.results if result.within is not False]
    if kept:
        outcome = "within" if verdict.within else "other limits"
        yield f"{verdict.budget.name} {outcome}", "\n".join(kept)


def _command(kind: str, check: Check, title: str, message: str) -> str:
    properties = f"title={_property(title)}"
    if check.path is not None:
        properties = f"file={_property(from_here(check.path).as_posix())},{properties}"
    lines = [visible(line) for line in f"{check.source}: {message}".split("\n")]
    return f"::{kind} {properties}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    printable = "".join(char if char in "\r\n" else visible(char) for char in text)
    return _data(printable).replace(":", "%3A").replace(",", "%2C")
