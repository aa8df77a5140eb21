"""Folders that edgeface writes into."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from edgeface.doctor.check import Check

TITLE = "Storage"
RANK = 70
# The emulated devices need the most space: 1 GiB. An export needs some megabytes.
LITTLE_BYTES = 100 << 20


def look() -> tuple[Check, ...]:
    """The current folder (which will contain `out/`), the folder of temporary files, and the cache folder."""
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
    """`EDGEFACE_CACHE`, else the user's cache folder."""
    own = os.environ.get("EDGEFACE_CACHE")
    if own:
        return Path(own).expanduser().resolve()
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".cache"


def writable(name: str, folder: Path, required: bool = False) -> Check:
    """Whether a folder can be written to or created, tested in the nearest existing folder.

    Little free space is a problem, too, although small models fit.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    fix = f"chmod u+rwx {existing}"
    if not existing.is_dir():
        return Check(name, "problem", f"{existing} is a file, so that {folder} cannot be created", None, required)
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Check(name, "problem", f"{existing} cannot be written to: {error.strerror}", fix, required)
    free = shutil.disk_usage(existing).free
    if free < LITTLE_BYTES:
        return Check(name, "problem", f"{folder} has only {free / 1e6:.0f} MB left")
    return Check(name, "ok", f"{folder} can be written to, {free / 1e9:.1f} GB free", None, required)
