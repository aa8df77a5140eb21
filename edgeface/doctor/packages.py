"""Installed packages by their metadata alone: nothing is imported."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

from edgeface.doctor.check import Check

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<limits>[^;]*)(?P<marker>;.*)?")
_AT_LEAST = re.compile(r">=\s*([0-9.]+)")


def package_check(name: str, use: str, mend: str, at_least: str = "", required: bool = False) -> Check:
    """Whether a package is installed, and new enough.

    Args:
        name: of the distribution.
        use: what it is for, said where it is there.
        mend: the command that installs it.
        at_least: the oldest version that serves; any if empty.
        required: whether edgeface needs it.
    """
    found = installed(name)
    if found is None:
        return Check(name, "missing", f"not installed; {use}", mend, required)
    if at_least and _numbers(found) < _numbers(at_least):
        return Check(name, "problem", f"{found}, older than {at_least}; {use}", mend, required)
    return Check(name, "ok", f"{found}; {use}", None, required)


def installed(name: str) -> str | None:
    """The version of an installed distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def needed_packages() -> dict[str, str]:
    """What edgeface's own metadata requires on every platform: least version by name, "" for any.

    Extras, and what only some versions of Python need, are left out. Empty where edgeface runs from a source tree that
    is not installed.
    """
    try:
        lines = requires("edgeface") or []
    except PackageNotFoundError:
        return {}
    matches = [match for match in map(_REQUIREMENT.match, lines) if match is not None and match["marker"] is None]
    limits = {match["name"]: _AT_LEAST.search(match["limits"]) for match in matches}
    return {name: "" if limit is None else limit[1] for name, limit in limits.items()}


def _numbers(text: str) -> tuple[int, ...]:
    """The version 2.13.0+cpu as (2, 13, 0), for comparing."""
    release = re.match(r"\d+(\.\d+)*", text)
    return () if release is None else tuple(int(part) for part in release[0].split("."))
