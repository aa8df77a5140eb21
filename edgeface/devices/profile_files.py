"""Files of device profiles, found and read without importing anything slow.

Shipped profiles are the TOML files in `profiles/`; users' profiles are in the folder that the environment variable
`EDGEFACE_DEVICES` names. Users' files are not trusted: sizes are limited, and every error names the file.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from edgeface.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("profiles")
OWN_FOLDER = "EDGEFACE_DEVICES"
# The TOML parsers' memory grows with the square of a dotted key's length: a line of a megabyte exhausts it.
MAX_PROFILE_BYTES = 1 << 16
MAX_LINE_BYTES = 1000
FIX = "edgeface/devices/profiles/rk3399.toml shows every key of a board, a72.toml those of a core"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_TAKEN = frozenset({"x86", "gpu", "ssh", "adb", "loopback"})


def profile_files() -> dict[str, Path]:
    """Every profile's file by the name of its device, in alphabetical order.

    Raises:
        InputError: the user's folder is missing, a filename is not a valid device name, or a name is taken.
    """
    own = os.environ.get(OWN_FOLDER)
    if own and not Path(own).is_dir():
        raise InputError(
            "the folder of device profiles does not exist", where=own, fix=f"create it, or unset {OWN_FOLDER}"
        )
    found: dict[str, Path] = {}
    for folder in (FOLDER, Path(own)) if own else (FOLDER,):
        for path in sorted(folder.glob("*.toml")):
            if not _NAME.fullmatch(path.stem) or path.stem in _TAKEN or path.stem in found:
                why = "is taken" if path.stem in _TAKEN or path.stem in found else "is not a valid device name"
                raise InputError(
                    f"{path.stem!r} {why}",
                    where=str(path),
                    fix="name the file with lowercase letters, digits and hyphens, differently from every other device",
                )
            found[path.stem] = path
    return dict(sorted(found.items()))


def read_profile(path: Path) -> dict[str, Any]:
    """The TOML document in a profile's file.

    Raises:
        InputError: it cannot be read, is too large, not UTF-8 or not TOML.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PROFILE_BYTES + 1)  # limited even for a file without an end
    except OSError as error:
        raise InputError(f"cannot read the device profile: {error.strerror}", where=where) from error
    if len(data) > MAX_PROFILE_BYTES or max(map(len, data.splitlines()), default=0) > MAX_LINE_BYTES:
        raise InputError(
            f"not a device profile: it has over {MAX_PROFILE_BYTES:,} bytes, or a line of over {MAX_LINE_BYTES:,}",
            where=where,
            fix=FIX,
        )
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and TOMLDecodeError are ValueErrors
        raise InputError(f"the device profile is not TOML in UTF-8: {error}", where=where, fix=FIX) from error
