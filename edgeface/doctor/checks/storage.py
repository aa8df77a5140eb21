"""Folders that edgeface writes into."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from edgeface.doctor.check import Check

TITLE = "Storage"
RANK = 70
# The emulated cores take the most: 1 GiB. An export takes some megabytes.
LITTLE_BYTES = 100 << 20


def look() -> tuple[Check, ...]:
    """The current folder (`out/` is made in it), the folder of temporary files, and the cache folder."""
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        return (Check("temporary folder", "missing", "no folder for temporary files can be written to", None, True),)
    return (
        writable("current folder", Path.cwd()),
        writable("temporary folder", temporary, required=True),
        writable("cache folder", cache_folder()),
    )


def cache_folder() -> Path:
    """`EDGEFACE_CACHE`, else where programs of this user keep what can be made again."""
    own = os.environ.get("EDGEFACE_CACHE")
    if own:
        return Path(own).expanduser().resolve()
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".cache"


def writable(name: str, folder: Path, required: bool = False) -> Check:
    """Whether a file can be made in a folder, or the folder be made, tried on the nearest folder that there is.

    Little space left is a problem, too, though small models fit.
    """
    there = next(place for place in (folder, *folder.parents) if place.exists())
    mend = f"chmod u+rwx {there}"
    if not there.is_dir():
        return Check(name, "problem", f"{there} is a file, so that {folder} cannot be made", None, required)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Check(name, "problem", f"{there} cannot be written to: {error.strerror}", mend, required)
    free = shutil.disk_usage(there).free
    if free < LITTLE_BYTES:
        return Check(name, "problem", f"{folder} has only {free / 1e6:.0f} MB left")
    return Check(name, "ok", f"{folder} can be written to, {free / 1e9:.1f} GB free", None, required)
