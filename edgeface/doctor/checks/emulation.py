"""The emulator, which runs artifacts for Arm boards without a board."""

from __future__ import annotations

from edgeface.doctor.check import Check, State

TITLE = "Emulation"
RANK = 60


def look() -> tuple[Check, ...]:
    """The state of the emulator, and the devices that it emulates."""
    from edgeface.devices.install import INSTALL, status
    from edgeface.devices.table import emulated
    from edgeface.errors import InputError

    found = status()
    try:
        use = f"--on {', '.join(emulated())}"
    except InputError as error:
        return (Check("emulated devices", "problem", f"{error.where}: {error.what}"),)
    if found.state in {"ready", "native"}:
        return (Check("emulated devices", "ok", f"{found.detail}; {use}"),)
    state: State = "missing" if found.state == "missing" else "problem"
    why = "not set up" if found.state == "missing" else found.detail
    return (Check("emulated devices", state, f"optional: {use} runs artifacts as a board would; {why}", INSTALL),)
