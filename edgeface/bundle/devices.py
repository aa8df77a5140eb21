"""Boards that a bundle can be packed for: one TOML file each."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edgeface.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("devices")


class Device(BaseModel):
    """What is recommended on a board: the cores to stay on, and threads inside one operator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    cpu: str
    cores: tuple[int, ...] = Field(min_length=1)
    threads: int = Field(ge=1)


def device(name: str) -> Device:
    """The device of a name.

    Raises:
        InputError: no file describes it.
    """
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    if name not in known:
        raise InputError(
            f"no device is called {name!r}",
            where="--device",
            fix=f"use one of {', '.join(known)}, or add its TOML file",
        )
    return Device(name=name, **tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))
