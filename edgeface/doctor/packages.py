"""Installed packages, by their metadata only: nothing is imported."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

from edgeface.doctor.check import Check

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<limits>[^;]*)(?P<marker>;.*)?")
_AT_LEAST = re.compile(r">=\s*([0-9.]+)")


def package_check(name: str, use: str, fix: str, at_least: str = "", required: bool = False) -> Check:
    """The check that a package is installed and new enough.

    Args:
        name: the distribution's name.
        use: its purpose, for the message.
        fix: the command that installs it.
        at_least: minimum version; any if empty.
        required: whether edgeface needs it.
    """
    found = installed(name)
    if found is None:
        return Check(name, "missing", f"not installed; {use}", fix, required)
    if at_least and _numbers(found) < _numbers(at_least):
        return Check(name, "problem", f"{found}, older than {at_least}; {use}", fix, required)
    return Check(name, "ok", f"{found}; {use}", None, required)


def installed(name: str) -> str | None:
    """The version of an installed distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def needed_packages() -> dict[str, str]:
    """Packages that edgeface's metadata requires on every platform: minimum version by name, "" for any.

    Extras and requirements of only some Python versions are left out. Empty where edgeface runs from a source tree
    that is not installed.
    """
    try:
        lines = requires("edgeface") or []
    except PackageNotFoundError:
        return {}
    matches = [match for match in map(_REQUIREMENT.match, lines) if match is not None and match["marker"] is None]
    limits = {match["name"]: _AT_LEAST.search(match["limits"]) for match in matches}
    return {name: "" if limit is None else limit[1] for name, limit in limits.items()}


def _numbers(text: str) -> tuple[int, ...]:
    """A version for comparison, e.g. 2.13.0+cpu as (2, 13, 0)."""
    release = re.match(r"\d+(\.\d+)*", text)
    return () if release is None else tuple(int(part) for part in release[0].split("."))
