"""Models opened where they are judged: on an emulated core, if this machine's processor computes other numbers."""

from __future__ import annotations

import platform
import weakref
from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.checks import check_feeds
from edgeface.backends.device import Device
from edgeface.backends.ncnn.files import read_network
from edgeface.backends.ncnn.options import options_of
from edgeface.backends.opened import Opened, open_here
from edgeface.backends.runtime import Runner
from edgeface.backends.target import Target
from edgeface.core.progress import note
from edgeface.devices.connect import open_device
from edgeface.devices.emulator import is_native
from edgeface.devices.install import installed
from edgeface.devices.runner import DeviceRunner, Loading
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array


class EmulatedRunner:
    """A model on an emulated core, with the inputs and outputs that it has on this machine.

    Its session ends with it.

    Args:
        here: the same model on this machine.
        device: the model in a session of its own.
    """

    def __init__(self, here: Runner, device: DeviceRunner) -> None:
        self.inputs, self.outputs = here.inputs, here.outputs
        self._device = device
        weakref.finalize(self, device.close)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once; shapes are those of this machine's runner.

        Raises:
            RuntimeFailure: a feed does not match, or the emulator fails.
        """
        check_feeds(self.inputs, feeds, self._device.where)
        pairs = zip(self.inputs, self._device.inputs, strict=True)
        found = self._device.run({there.name: feeds[here.name].reshape(there.shape) for here, there in pairs})
        made = zip(self.outputs, self._device.outputs, strict=True)
        return {here.name: found[there.name].reshape(here.shape) for here, there in made}


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
    here = open_here(target, model, threads)
    core = target.judged_on
    if core is None:
        return here
    if is_native():
        return Opened(here.runner, f"this machine, {platform.machine()}")
    try:
        installed()
    except RuntimeFailure as error:
        place = f"this machine, {platform.machine()}, since no emulator is set up: {core} computes other numbers"
        note(f"warning: {target.name} is judged on {place} ({error.fix or error.what})")
        return Opened(here.runner, place)
    loading = Loading(target.runtime, options=tuple(options_of(read_network(model)).items()))
    device = open_device(model, Device("emulator", core), loading)
    return Opened(EmulatedRunner(here.runner, device), f"{core}, emulated, {target.runtime} {device.version}")
