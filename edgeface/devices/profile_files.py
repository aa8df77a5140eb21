"""Files of device profiles, found and read without importing anything slow.

Shipped profiles are the TOML files in `profiles/`; users' profiles are in the folder that the environment variable
`EDGEFACE_DEVICES` names. Users' files are not trusted: sizes are limited, and every error names the file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from edgeface.errors import InputError
from edgeface.reading.document import read_toml
from edgeface.reading.kinds import PROFILE

FOLDER = Path(__file__).with_name("profiles")
OWN_FOLDER = "EDGEFACE_DEVICES"
FIX = PROFILE.fix
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
    return read_toml(path, PROFILE)
