"""Programs that reach boards."""

from __future__ import annotations

import shutil

from edgeface.doctor.check import Check

TITLE = "Boards"
RANK = 65


def look() -> tuple[Check, ...]:
    """The programs ssh and adb, which `--on ssh:HOST` and `--on adb` run."""
    return _program("ssh", "--on ssh:HOST", "openssh-client"), _program("adb", "--on adb", "adb")


def _program(name: str, use: str, package: str) -> Check:
    found = shutil.which(name)
    if found is None:
        return Check(name, "missing", f"optional: {use}", f"apt-get install {package}")
    return Check(name, "ok", f"{found}; {use}")
