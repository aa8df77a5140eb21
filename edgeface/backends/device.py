"""Devices as values; `devices.parse` reads one from `--on`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["x86", "gpu", "emulator", "ssh", "adb", "loopback"]


@dataclass(frozen=True)
class Device:
    """A device that runs artifacts.

    Attributes:
        kind: this machine's processor ("x86") or GPU, an emulated device, a board by ssh or adb, or an agent on this
            machine ("loopback").
        name: name of an emulated device, a host or a board; empty for the other kinds.
    """

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        """The device as written for `--on`."""
        if self.kind == "emulator":
            return self.name
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def has_agent(self) -> bool:
        """Whether models run in an agent's process rather than in this one."""
        return self not in {HERE, GPU}

    @property
    def is_emulated(self) -> bool:
        """Whether the device is emulated, so that its latencies are meaningless."""
        return self.kind == "emulator"


HERE = Device("x86")
GPU = Device("gpu")
