"""Clients for boards, and boards that bundles are packed for."""

from __future__ import annotations

import shutil

from edgeface.doctor.check import Check

TITLE = "Boards"
RANK = 65


def look() -> tuple[Check, ...]:
    """The clients ssh and adb, which `--on ssh:HOST` and `--on adb` run, and the boards of the table of devices."""
    return _program("ssh", "--on ssh:HOST", "openssh-client"), _program("adb", "--on adb", "adb"), _profiles()


def _profiles() -> Check:
    from edgeface.bundle.boards import boards
    from edgeface.errors import InputError

    try:
        listed = ", ".join(f"{name} ({board.title})" for name, board in boards().items())
    except InputError as error:
        return Check("bundles", "problem", f"{error.where}: {error.what}")
    return Check("bundles", "ok", f"edgeface bundle --device {listed}")


def _program(name: str, use: str, package: str) -> Check:
    found = shutil.which(name)
    if found is None:
        return Check(name, "missing", f"optional: {use}", f"apt-get install {package}")
    return Check(name, "ok", f"{found}; {use}")
