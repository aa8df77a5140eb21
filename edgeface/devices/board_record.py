"""What `edgeface parity --on` measured on a board, kept beside the artifact under the board's name.

It is not a property of the artifact, and differs from run to run: neither manifest nor certificate know of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edgeface.backends.device import Device
from edgeface.core.artifact import Artifact, read_json, write_json
from edgeface.core.progress import note
from edgeface.devices.check import DeviceReport
from edgeface.devices.state import DeviceState, Text
from edgeface.errors import InputError
from edgeface.reading.damage import damage_reported
from edgeface.reading.regular_file import is_folder
from edgeface.version import __version__

PREFIX, SUFFIX = "board-", ".json"
_MODEL = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)
_Ms = Annotated[float, Field(ge=0)]


class RecordedTime(BaseModel):
    """Milliseconds of one inference with some threads; `unpinned` says why they were not bound to processors."""

    model_config = _MODEL

    threads: int = Field(ge=1)
    cpus: list[int]
    median_ms: _Ms
    p10_ms: _Ms
    p90_ms: _Ms
    unpinned: Text | None = None


class RecordedLatency(BaseModel):
    """A thread sweep by one runtime, with the board's state before and after."""

    model_config = _MODEL

    device: str
    path: str
    version: Text
    sweep: list[RecordedTime] = Field(min_length=1)
    before: DeviceState
    after: DeviceState
    warnings: list[str] = []

    @property
    def best(self) -> RecordedTime:
        """The number of threads with the smallest median."""
        return min(self.sweep, key=lambda each: (each.median_ms, each.threads))


class RecordedPath(BaseModel):
    """Whether one runtime computes the same on the board as here; versions here and there."""

    model_config = _MODEL

    path: str
    here: str
    there: Text
    requirement: str
    passed: bool


class BoardRecord(BaseModel):
    """The content of `board-NAME.json`."""

    model_config = _MODEL

    format: Literal[1] = 1
    on: str
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    edgeface: str
    model_sha256: str
    images: int
    passed: bool
    paths: list[RecordedPath]
    latency: RecordedLatency


def save_record(artifact: Artifact, report: DeviceReport, on: date) -> Path | None:
    """Keep a board's measurements beside the artifact, in place of earlier ones; None without a latency.

    Args:
        artifact: the artifact that was measured.
        report: what was measured; an emulated device has no latency.
        on: the day.

    Raises:
        WriteError: it cannot be written.
    """
    if report.latency is None:
        return None
    document = report.as_dict() | {
        "format": 1,
        "artifact": f"{artifact.manifest.name}-{artifact.manifest.target}",
        "date": on.isoformat(),
        "edgeface": __version__,
        "model_sha256": artifact.manifest.model_sha256,
    }
    path = artifact.folder / record_name(report.parity.device)
    write_json(path, document)
    return path


def record_name(device: Device) -> str:
    """The file's name; what no file name should hold is replaced, and a digest tells such names apart."""
    named = re.sub(r"[^A-Za-z0-9.]+", "-", device.name).strip("-.")
    digest = hashlib.sha256(device.name.encode("utf-8")).hexdigest()[:8]
    parts = [device.kind, *([named] if named else []), *([] if named == device.name else [digest])]
    return f"{PREFIX}{'-'.join(parts)}{SUFFIX}"


def read_records(folder: Path, model_sha256: str) -> Iterator[BoardRecord]:
    """The boards' records beside an artifact, of this very model, by file name.

    Raises:
        InputError: a record is damaged.
    """
    for path in record_files(folder):
        with damage_reported("record of a board", str(path), "measure it again with `edgeface parity --on`"):
            found = BoardRecord.model_validate(read_json(path))
        if found.model_sha256 == model_sha256:
            yield found


def keep_records(old: Path, new: Path, model_sha256: str) -> list[BoardRecord]:
    """Copy the records of this very model from an artifact's folder to the one that replaces it.

    A damaged record is left behind, as a note says.

    Raises:
        WriteError: one cannot be written.
    """
    kept = []
    for path in record_files(old):
        try:
            document = read_json(path)
            with damage_reported("record of a board", str(path)):
                found = BoardRecord.model_validate(document)
        except InputError as error:
            note(f"left behind: {error}")
            continue
        if found.model_sha256 == model_sha256:
            write_json(new / path.name, document)
            kept.append(found)
    return kept


def record_files(folder: Path) -> list[Path]:
    """The records' files in a folder, by name; none where there is no folder."""
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}")) if is_folder(folder) else []
