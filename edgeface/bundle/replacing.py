"""What a new bundle may replace: a bundle for the same board and of the same networks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeface.bundle.archive import open_archive, read_archive
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.compile.replacing import listed, network_changes
from edgeface.core.writing import check_replaceable
from edgeface.errors import InputError

_TASKS = ("detector", "recognizer")


def refuse_other_bundle(data: bytes, out: Path, *, force: bool = False) -> None:
    """Refuse to replace a file that is no bundle, or a bundle of other networks or for another board.

    Args:
        data: the new archive.
        out: its path.
        force: replace any bundle.

    Raises:
        InputError: saying what is there, or what differs.
    """
    check_replaceable(out, "the bundle")
    if not out.exists():
        return
    try:
        there = _settings(read_archive(out), str(out))
    except RunnerError as error:
        fix = "move it away, or pass another --out"
        raise InputError("the file exists and is not a bundle, or a damaged one", where=str(out), fix=fix) from error
    found = [] if force else list(_differences(there, _settings(data, str(out))))
    if found:
        fix = "pass another --out, or --force to replace it"
        raise InputError(f"another bundle of this name exists: {listed(found)}", where=str(out), fix=fix)


def _settings(data: bytes, where: str) -> dict[str, Any]:
    """What a bundle says of its board and its networks. Raises RunnerError for what is no bundle."""
    files, _ = open_archive(data, where)
    try:
        settings = json.loads(files["bundle.json"])
        packed = [task for task in _TASKS if settings[task] is not None]
        wanted = {task: {key: settings[task][key] for key in ("sources", "contract", "io")} for task in packed}
        if not all(isinstance(record["sources"], dict) for record in wanted.values()):
            raise TypeError("sources are a table")
        return {**wanted, "device": str(settings["device"]["name"])}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RunnerError("not a bundle", where) from error


def _differences(there: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    if there["device"] != now["device"]:
        yield f"the board {there['device']}, now {now['device']}"
    for task in sorted(there.keys() ^ now.keys()):
        yield f"a {task}, now none" if task in there else f"no {task}, now one"
    for task in (task for task in _TASKS if task in there and task in now):
        yield from (f"{task}: {change}" for change in network_changes(there[task], now[task]))
