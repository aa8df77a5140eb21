"""What runs artifacts of Arm boards without a board."""

from __future__ import annotations

import platform
import shutil

from edgeface.doctor.check import Check

TITLE = "Emulation"
RANK = 60
PROGRAMS = ("qemu-aarch64-static", "qemu-aarch64")


def look() -> tuple[Check, ...]:
    """QEMU's user mode for 64-bit Arm."""
    name = "QEMU user mode, aarch64"
    if platform.machine().lower() in {"aarch64", "arm64"}:
        return (Check(name, "ok", "not needed: this machine is one"),)
    path = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    if path is None:
        mend = "apt-get install qemu-user-static"
        return (Check(name, "missing", "optional: runs artifacts as a Cortex-A72 or A53 would", mend),)
    return (Check(name, "ok", path),)
