"""What an export may replace: an artifact of the same network, not one that only has the same name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeface.compile.source import Source
from edgeface.core.artifact import MANIFEST, Manifest, read_manifest
from edgeface.errors import InputError

_ORIGINS = {"weights": "the weights", "seed": "the seed"}
_SHOWN = 3


def refuse_other(folders: Mapping[Path, str], source: Source) -> None:
    """Refuse to replace an artifact that was made from other weights, or by another contract.

    Other images, recipes and versions of edgeface make a better or worse artifact of the same network: these replace.

    Args:
        folders: the folders to write, and the type of inputs and outputs of each model.
        source: the network that is exported.

    Raises:
        InputError: naming what differs.
    """
    for folder, io in folders.items():
        if (folder / MANIFEST).is_file():
            found = list(_differences(read_manifest(folder), source, io))
            if found:
                raise InputError(
                    f"another artifact of this name exists: {listed(found)}",
                    where=str(folder),
                    fix="pass another --out, or --force to replace it",
                )


def _differences(there: Manifest, source: Source, io: str) -> Iterator[str]:
    now = {"sources": source.provenance, "contract": source.contract.model_dump(mode="json"), "io": io}
    yield from network_changes(there.model_dump(mode="json"), now)


def network_changes(there: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two records of a network, in words.

    Args:
        there: "sources", "contract" and "io", as in a manifest.
        now: the same of another.
    """
    for key, title in _ORIGINS.items():
        old, new = (record["sources"].get(key) for record in (there, now))
        if _origin(old) != _origin(new):
            yield f"{title} {_said(old)}, now {_said(new)}"
    yield from _changes(there["contract"], now["contract"], ())
    if there["io"] != now["io"]:
        yield f"inputs and outputs {there['io']}, now {now['io']}"


def listed(differences: Sequence[str]) -> str:
    """The first differences, and how many more there are."""
    more = f", and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
    return ", ".join(differences[:_SHOWN]) + more


def _origin(recorded: Any) -> Any:
    """What identifies a file: its content, not its name."""
    return recorded.get("sha256") if isinstance(recorded, dict) else recorded


def _said(recorded: Any) -> str:
    if isinstance(recorded, dict):
        return f"{recorded.get('file')} ({str(recorded.get('sha256'))[:8]})"
    return "none" if recorded is None else str(recorded)


def _changes(old: Any, new: Any, path: Sequence[str]) -> Iterator[str]:
    """Leaves of two documents that differ, by their path."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _changes(old.get(key), new.get(key), (*path, key))
    elif old != new:
        yield f"{'.'.join(path)} {_short(old)}, now {_short(new)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
