"""Models opened where they are judged: on an emulated core, if this machine's processor computes other numbers."""

from __future__ import annotations

import platform
import weakref
from pathlib import Path

from edgeface.backends.device import Device
from edgeface.backends.opened import Opened, open_here
from edgeface.backends.target import Target
from edgeface.core.progress import note
from edgeface.devices.connect import open_device
from edgeface.devices.emulator import is_native
from edgeface.devices.install import installed
from edgeface.devices.runner import loadings_of
from edgeface.errors import RuntimeFailure


def open_judged(target: Target, model: Path, threads: int = 1) -> Opened:
    """A model where its target is judged: here, or on the core that `Target.judged_on` names.

    Without an emulator it is judged here, and the place says that the core computes other numbers.

    Args:
        target: the model's target.
        model: the model file.
        threads: of this machine's runtime; an emulated core has one.

    Raises:
        InputError: the model is missing or damaged, or its runtime is not installed.
        RuntimeFailure: the runtime refuses the model, or the emulator fails.
    """
    core = target.judged_on
    if core is None:
        return open_here(target, model, threads)
    if is_native():
        return Opened(open_here(target, model, threads).runner, f"this machine, {platform.machine()}")
    try:
        installed()
    except RuntimeFailure as error:
        place = f"this machine, {platform.machine()}: no emulator is set up, and {core} computes other numbers"
        note(f"warning: {target.name} is judged on {place} ({error.fix or error.what})")
        return Opened(open_here(target, model, threads).runner, place)
    runner = open_device(model, Device("emulator", core), loadings_of(model)[0])
    weakref.finalize(runner, runner.link.close)  # the session ends with what ran in it
    return Opened(runner, f"{core}, emulated, {target.runtime} {runner.version}")
