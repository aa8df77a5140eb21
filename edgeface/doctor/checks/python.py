"""Python, edgeface, and the packages that edgeface requires."""

from __future__ import annotations

import platform
import sys

from edgeface.doctor.check import Check
from edgeface.doctor.packages import installed, needed_packages, package_check
from edgeface.version import __version__

TITLE = "Python and edgeface"
RANK = 10
OLDEST = (3, 10)


def look() -> tuple[Check, ...]:
    """Versions, and every requirement of edgeface's metadata; fulfilled ones are only counted."""
    needed = [_needed(name, at_least) for name, at_least in sorted(needed_packages().items())]
    unmet = [check for check in needed if check.state != "ok"]
    return (_python(), _edgeface(), *(unmet or [_complete(len(needed))]))


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST:
        return Check("python", "problem", f"{found}; edgeface needs 3.10 or newer", None, True)
    return Check("python", "ok", found, None, True)


def _edgeface() -> Check:
    if installed("edgeface") is None:
        return Check("edgeface", "problem", f"{__version__}, not installed: runs from its folder", "pip install -e .")
    return Check("edgeface", "ok", __version__)


def _needed(name: str, at_least: str) -> Check:
    fix = f"pip install '{name}>={at_least}'" if at_least else f"pip install {name}"
    return package_check(name, "required", fix, at_least, required=True)


def _complete(count: int) -> Check:
    if not count:
        return Check("required packages", "problem", "unknown: edgeface is not installed", "pip install -e .")
    return Check("required packages", "ok", f"all {count} installed and new enough", None, True)
