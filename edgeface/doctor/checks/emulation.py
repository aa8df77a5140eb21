"""What runs artifacts of Arm boards without a board."""

from __future__ import annotations

from edgeface.doctor.check import Check, State

TITLE = "Emulation"
RANK = 60


def look() -> tuple[Check, ...]:
    """The emulated Cortex-A72 and A53, set up or not."""
    from edgeface.devices.install import INSTALL, status

    found = status()
    if found.state in {"ready", "native"}:
        return (Check("Cortex-A72 and A53", "ok", found.detail),)
    state: State = "missing" if found.state == "missing" else "problem"
    why = "not set up" if found.state == "missing" else found.detail
    return (Check("Cortex-A72 and A53", state, f"optional: runs artifacts as a board would; {why}", INSTALL),)
