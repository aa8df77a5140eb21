"""Sessions with devices: emulated ones, boards by ssh or adb, or an agent on this machine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from edgeface.backends.device import Device
from edgeface.devices.emulator import Launch, Setting, is_native
from edgeface.devices.link import BOOTSTRAP, Link
from edgeface.devices.pins import PYTHON
from edgeface.devices.runner import DeviceRunner, Loading, RuntimeMissing
from edgeface.errors import InputError, RuntimeFailure

LOOPBACK = Device("loopback")
"""This machine, through an agent process like those on devices, so that both sides run the same code."""

SSH_CONFIG = "EDGEFACE_SSH_CONFIG"
"""Environment variable that names an ssh configuration file to use instead of the user's."""

_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:\[\]-]{0,252}")
_SERIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")
_SSH_OPTIONS = (
    *("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15", "LogLevel=ERROR"),
    *("ControlMaster=no", "ControlPath=none", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no"),
    *("PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no", "EscapeChar=none"),
)


def connect(device: Device, site: str = "current") -> Link:
    """A session with an agent that is started on a device.

    Args:
        device: a device that can run an agent.
        site: Python packages of an emulated device, see `emulator.Setting`; a real one uses its own.

    Raises:
        InputError: no such device, or an invalid host or serial.
        RuntimeFailure: it cannot be reached, or has no Python with numpy.
    """
    if device == LOOPBACK:
        return Link(_here(site), "this machine")
    if device.kind == "emulator":
        from edgeface.devices.install import installed

        emulator, name = installed(), device.name
        return Link(emulator.launch(name, emulator.python(name), ["-c", BOOTSTRAP], Setting(site)), name)
    if device.kind == "ssh":
        command = _ssh(device.name)
        return _reach(command, device, f"`ssh {device.name} python3 -c 'import numpy'` must work without a password")
    if device.kind == "adb":
        command = _adb(device.name)
        return _reach(command, device, "`adb devices` must list the board, and `adb shell python3` start a Python")
    raise InputError(f"there is no agent on {device}", fix="name an emulated device, or a board by ssh or adb")


def open_device(model: Path, device: Device, loading: Loading) -> DeviceRunner:
    """A model loaded on a device, in a new session that ends with the runner.

    Raises:
        InputError: no such device, or the model is not usable.
        RuntimeFailure: the device cannot be reached, or refuses the model.
    """
    link = connect(device, site_of(loading))
    try:
        return DeviceRunner(link, model, loading)
    except BaseException:
        link.close()
        raise


def site_of(loading: Loading) -> str:
    """The package set of an emulated device that contains a runtime."""
    return "legacy" if loading.runtime == "tflite-runtime" else "current"


def _here(site: str) -> Launch:
    """This Python; tflite-runtime's packages come first on its path, and exist only for some Python versions."""
    launch = _local([sys.executable, "-c", BOOTSTRAP])
    launch.environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    if site == "legacy":
        from edgeface.devices.install import installed

        if is_native() or f"{sys.version_info[0]}.{sys.version_info[1]}" != PYTHON:
            raise RuntimeMissing(f"tflite-runtime has no build for this Python; it has one for {PYTHON} on x86-64")
        launch.environment["PYTHONPATH"] = str(installed().site("legacy-here"))
    return launch


def _reach(command: list[str], device: Device, fix: str) -> Link:
    try:
        return Link(_local(command), str(device))
    except RuntimeFailure as error:
        raise RuntimeFailure(error.what, where=error.where, fix=error.fix or fix) from error


def _ssh(host: str) -> list[str]:
    if not _HOST.fullmatch(host):
        raise InputError(f"not a host's name: {host!r}", fix="pass --on ssh:HOST, with HOST as ssh itself takes it")
    config = os.environ.get(SSH_CONFIG)
    options = [word for option in _SSH_OPTIONS for word in ("-o", option)]
    return [_client("ssh", "openssh-client"), "-T", *(["-F", config] if config else []), *options, "--", host, _REMOTE]


def _adb(serial: str) -> list[str]:
    if serial and not _SERIAL.fullmatch(serial):
        raise InputError(f"not a device's serial: {serial!r}", fix="pass --on adb:SERIAL, as `adb devices` lists it")
    return [_client("adb", "adb"), *(["-s", serial] if serial else []), "shell", "-T", _REMOTE]


_REMOTE = shlex.join(["exec", "python3", "-c", BOOTSTRAP])


def _client(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeFailure(f"this machine has no {name}", fix=f"install it: apt-get install {package}")
    return found


def _local(command: list[str]) -> Launch:
    return Launch(command, dict(os.environ))
