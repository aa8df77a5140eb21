"""Budgets by name or from users' files.

Built-in ones are the TOML files in `files/`, found by filename.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from edgeface.budgets.judge import Result, Verdict, judge
from edgeface.budgets.limits import Budget, Limit, Source
from edgeface.budgets.read_budget import read_budget
from edgeface.errors import InputError, did_you_mean

__all__ = ["Budget", "Limit", "Result", "Source", "Verdict", "budget", "budgets", "judge"]

FOLDER = Path(__file__).parent / "files"


@cache
def budgets() -> dict[str, Budget]:
    """All built-in budgets by name, sorted."""
    return {path.stem: read_budget(path) for path in sorted(FOLDER.glob("*.toml"), key=lambda path: path.stem)}


def budget(name_or_path: str | Path) -> Budget:
    """The budget with that name or alias, or from a user's file.

    Args:
        name_or_path: a file if it is a `Path`, ends in .toml or contains a slash; else a name.

    Raises:
        InputError: the name is unknown (the closest one is suggested), or the file is not usable.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text or "\\" in text:
        return read_budget(Path(name_or_path))
    known = budgets()
    by_alias = {alias: one for one in known.values() for alias in one.aliases}
    found = known.get(text) or by_alias.get(text)
    if found is None:
        listed = ", ".join([*known, *by_alias])
        raise InputError(
            f"unknown budget {text!r}",
            fix=f"{did_you_mean(text, [*known, *by_alias])}known: {listed}; or pass your own .toml file",
        )
    return found
