"""What a search has measured, in a file, so that one that was interrupted goes on from there."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeface.compile.repair.measured import Measured
from edgeface.core.progress import note
from edgeface.core.writing import write_file
from edgeface.errors import EdgefaceError, InputError
from edgeface.reading.document import read_json
from edgeface.reading.regular_file import Kind

_KIND = Kind("record of a search", 1 << 22, "remove it: it only saves time")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(1, ge=1, le=1)
    search: str
    trials: dict[str, Measured] = Field(max_length=10_000)


class Memory:
    """Measurements by the digest of what was measured.

    The file only saves time: one that is damaged, or of another search, is ignored, and what it says chooses only which
    candidates are built; each artifact is judged as ever.

    Args:
        folder: where the file is written; None keeps nothing.
        name: of the file, for people.
        search: identifies everything that measurements depend on.
    """

    def __init__(self, folder: Path | None, name: str, search: str) -> None:
        self._search = search
        self._path = None if folder is None else folder / f".edgeface-search-{name}-{search[:16]}.json"
        self._trials = self._read()
        if self._trials:
            note(f"repair: going on with {len(self._trials)} measurements of a search that was interrupted")

    def get(self, settings: str) -> Measured | None:
        """What was measured with these settings, if anything was."""
        return self._trials.get(settings)

    def add(self, found: dict[str, Measured]) -> None:
        """Record measurements.

        Raises:
            WriteError: the file cannot be written.
        """
        self._trials |= found
        if self._path is not None and found:
            document = _Document(search=self._search, trials=self._trials)
            write_file(self._path, document.model_dump_json(), "the record of the search")

    def forget(self) -> None:
        """Remove the file: the search is done."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Measured]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            found = _Document.model_validate(read_json(self._path, _KIND))
        except (InputError, ValidationError) as error:
            why = error.what if isinstance(error, EdgefaceError) else "it is not one of this version"
            note(f"repair: the record of an earlier search is ignored: {why}")
            return {}
        return dict(found.trials) if found.search == self._search else {}


def digest_of(document: Any) -> str:
    """SHA-256 of a document that JSON can hold."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
