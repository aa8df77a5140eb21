"""Where an artifact runs: the value of `--on`."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.errors import InputError

# The kinds that are known, how they are spelled, and what they are. A kind whose spelling ends in ":NAME" needs a name.
KINDS = {
    "x86": ("x86", "this machine's processor"),
    "gpu": ("gpu", "the first NVIDIA GPU of this machine"),
    "a72": ("a72", "an emulated Cortex-A72"),
    "a53": ("a53", "an emulated Cortex-A53"),
    "rk3399": ("rk3399", "an emulated RK3399"),
    "ssh": ("ssh:HOST", "a board by ssh"),
    "adb": ("adb[:SERIAL]", "a board by adb"),
}


@dataclass(frozen=True)
class Place:
    """Where an artifact runs: one of `KINDS`, and the name of a host or device where the kind has several."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        """As the command line spells it."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def is_device(self) -> bool:
        """Whether it is another machine, real or emulated, which runs models in a worker of its own."""
        return self not in {HERE, GPU}


HERE = Place("x86")
GPU = Place("gpu")


def parse_place(text: str) -> Place:
    """`"gpu"` as a Place; `"kind:name"` where the kind takes a name.

    Raises:
        InputError: a kind that is not known, a name where the kind takes none, or none where it needs one.
    """
    kind, colon, name = text.partition(":")
    known = ", ".join(f"{spelling} ({meaning})" for spelling, meaning in KINDS.values())
    if kind not in KINDS:
        raise InputError(f"{text!r} is no place to run an artifact", where="--on", fix=f"use {known}")
    spelling = KINDS[kind][0]
    takes_name, needs_name = ":" in spelling, ":" in spelling and "[" not in spelling
    if (colon and not (takes_name and name)) or (needs_name and not name):
        raise InputError(f"{text!r} is not how this place is spelled", where="--on", fix=f"use {spelling}")
    return Place(kind, name)
