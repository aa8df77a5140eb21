"""The table of devices: validated profiles by name."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from edgeface.devices.profile import Core, Profile
from edgeface.devices.profile_files import FIX, profile_files, read_profile
from edgeface.errors import InputError
from edgeface.reading.invalid import first_invalid


def profile(name: str) -> Profile:
    """The profile with a name.

    Raises:
        InputError: there is none with that name, or it is not usable.
    """
    files = profile_files()
    if name not in files:
        raise InputError(f"no device is called {name!r}", fix=f"use one of {', '.join(files)}, or add its profile")
    found = _read(files[name])
    for cluster in found.clusters:
        if cluster.core not in files or _read(files[cluster.core]).core is None:
            raise InputError(
                f"no profile describes the core {cluster.core!r}",
                where=str(files[name]),
                fix=f"add a profile of that name with a [core], or use one of {', '.join(cores())}",
            )
    return found


def profiles() -> dict[str, Profile]:
    """Every profile by name, in alphabetical order.

    Raises:
        InputError: a profile is not usable.
    """
    return {name: profile(name) for name in profile_files()}


def cores() -> dict[str, Core]:
    """Every kind of core by the name of the profile that describes it.

    Raises:
        InputError: a profile is not usable.
    """
    read = {name: _read(path) for name, path in profile_files().items()}
    return {name: found.core for name, found in read.items() if found.core is not None}


def core_titles() -> dict[int, str]:
    """The title of each kind of core, by the part of its MIDR register."""
    read = [_read(path) for path in profile_files().values()]
    return {found.core.part: found.title for found in read if found.core is not None}


def emulated() -> dict[str, Profile]:
    """Every profile that can be emulated, by name."""
    return {name: found for name, found in profiles().items() if found.emulator is not None}


def emulated_profile(name: str) -> Profile:
    """The profile of a device that can be emulated.

    Raises:
        InputError: there is none with that name, or it has no [emulator].
    """
    found = profile(name)
    if found.emulator is None:
        raise InputError(
            f"{found.title} is not emulated", where=name, fix=f"use one of {', '.join(emulated())}, or a real board"
        )
    return found


def _read(path: Path) -> Profile:
    """The profile in a file; the cores that it names are not resolved."""
    document = read_profile(path)
    if "name" in document:
        raise InputError("device profile key 'name': the file's name is the device's name", where=str(path), fix=FIX)
    try:
        return Profile.model_validate(document | {"name": path.stem})
    except ValidationError as error:
        wrong = first_invalid(error, Profile)
        raise InputError(f"device profile key {wrong.told}", where=str(path), fix=wrong.fix(FIX)) from error
