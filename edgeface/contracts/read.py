"""Read a contract from a TOML file, for a network that belongs to no built-in family."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from edgeface.contracts import Contract
from edgeface.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_BYTES = 1 << 20
_FIX = "docs/contracts.md shows a whole contract of a detector and of a recognizer"


def read_contract(path: Path) -> Contract:
    """The contract that a TOML file declares.

    Args:
        path: a file with `task`, a table `input` and the other keys of the task's contract; `family` and `variant` are
            free names.

    Raises:
        InputError: the file cannot be read, is not TOML or not a contract; the first wrong key is named.
    """
    try:
        if not path.is_file():
            raise InputError("there is no such contract file", where=str(path), fix=_FIX)
        if path.stat().st_size > MAX_BYTES:
            raise InputError("the file is too large for a contract", where=str(path), fix=_FIX)
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read the contract: {error}", where=str(path), fix=_FIX) from error
    try:
        contract: Contract = TypeAdapter(Contract).validate_python({"family": path.stem, "variant": "own"} | document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:]) or "task"
        raise InputError(f"contract key {key!r}: {first['msg']}", where=str(path), fix=_FIX) from error
    return contract
