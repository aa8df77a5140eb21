"""Parsing of `--on`: this machine, an emulated device of the table, or a board by ssh or adb."""

from __future__ import annotations

from edgeface.backends.device import GPU, HERE, Device
from edgeface.devices.table import emulated
from edgeface.errors import InputError


def parse_device(text: str) -> Device:
    """`"gpu"`, `"a72"`, `"ssh:board"` … as a Device.

    Raises:
        InputError: no such device, an unexpected or missing name, or an unusable profile.
    """
    local = {str(device): device for device in (HERE, GPU)}
    if text in local:
        return local[text]
    profiles = emulated()
    if text in profiles:
        return Device("emulator", text)
    kind, colon, name = text.partition(":")
    if kind == "ssh" and name:
        return Device("ssh", name)
    if kind == "adb" and bool(colon) == bool(name):
        return Device("adb", name)
    usage = {"ssh": "ssh:HOST", "adb": "adb or adb:SERIAL"} | {one: one for one in (*local, *profiles)}
    if kind in usage:
        raise InputError(f"{text!r} does not name a device", where="--on", fix=f"use {usage[kind]}")
    described = [
        *("x86 (this machine's processor)", "gpu (the first NVIDIA GPU of this machine)"),
        *(f"{key} (an emulated {profile.title})" for key, profile in profiles.items()),
        *("ssh:HOST (a board by ssh)", "adb[:SERIAL] (a board by adb)"),
    ]
    raise InputError(f"there is no device {text!r}", where="--on", fix=f"use {', '.join(described)}")
