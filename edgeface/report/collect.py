"""Collection of the artifacts below a folder, with their verdicts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.bench.load import was_busy
from edgeface.compile.report_options import LATENCY, REPORT
from edgeface.core.artifact import MANIFEST, Artifact, read_json
from edgeface.core.description import Tile, Verdict
from edgeface.devices.board_record import BoardRecord, read_records
from edgeface.errors import EdgefaceError, InputError
from edgeface.reading.damage import damage_reported
from edgeface.reading.regular_file import is_file, is_folder
from edgeface.report.seen import Seen, read_seen
from edgeface.tasks import task_of
from edgeface.validate.describe import describe

DEPTH = 4
"""Maximum depth of folders in which artifacts are searched."""

STALE = "SHA-256 differs"


@dataclass(frozen=True)
class Entry:
    """An artifact with its verdict. `timed` is its measurement in `latency.json`, None without one.

    `report` is its report.html, None without one; `min_snr_db` is the minimum SNR of its outputs. `seen`
    is what judging showed of each image, None where it was not kept; `boards` what was measured on boards.
    """

    artifact: Artifact
    verdict: Verdict
    accuracy: Tile | None
    min_snr_db: float | None
    timed: dict[str, Any] | None
    report: Path | None
    seen: Seen | None = None
    boards: tuple[BoardRecord, ...] = ()

    @property
    def model(self) -> str:
        """The key of comparable exports: name, variant and input size."""
        contract = self.artifact.contract
        return f"{self.artifact.manifest.name} {contract.variant} {contract.input.height}×{contract.input.width}"


@dataclass(frozen=True)
class Problem:
    """A folder with a manifest that is not a usable artifact; `stale` if its model is not the described one."""

    folder: Path
    reason: str
    stale: bool


@dataclass(frozen=True)
class Collection:
    """The artifacts and problems below a folder."""

    root: Path
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def collect(root: Path) -> Collection:
    """Every artifact in a folder and `DEPTH` folders below; hidden folders and links are skipped.

    Raises:
        InputError: there is no such folder, or no usable artifact in it.
    """
    if not is_folder(root):
        raise InputError("there is no such folder", where=str(root), fix="pass the folder that exports were written to")
    entries: list[Entry] = []
    problems: list[Problem] = []
    for folder in _folders(root, DEPTH):
        try:
            entries.append(_entry(folder))
        except EdgefaceError as error:
            problems.append(Problem(folder, error.what, STALE in error.what))
    if not entries:
        where = f"{problems[0].folder}: {problems[0].reason}" if problems else str(root)
        raise InputError(
            "no usable artifact" if problems else "no artifact: no folder here contains a manifest.json",
            where=where,
            fix="pass the folder that `edgeface export --out` wrote to, e.g. out",
        )
    return Collection(root, tuple(entries), tuple(problems))


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """Folders with a manifest, in the order of their names."""
    if is_file(folder / MANIFEST):
        yield folder
    if depth == 0:
        return
    try:
        with os.scandir(folder) as found:
            below = sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    except OSError:
        return  # an unreadable folder has no artifact to show
    for name in below:
        if not name.startswith("."):
            yield from _folders(folder / name, depth - 1)


def _entry(folder: Path) -> Entry:
    artifact = Artifact.open(folder)
    certificate = artifact.certificate()
    report = folder / REPORT
    described = describe(certificate, task_of(artifact.contract))
    decibels = [item.snr_db for item in certificate.tensors.values()]
    known = [value for value in decibels if value is not None]
    lowest = min(known) if known and len(known) == len(decibels) else None
    with damage_reported("latency", str(folder / LATENCY), "export the artifact again"):
        found_ms = timed(folder / LATENCY)
    return Entry(
        artifact,
        described.verdict,
        described.glance,
        lowest,
        found_ms,
        report if is_file(report) else None,
        read_seen(folder),
        tuple(read_records(folder, artifact.manifest.model_sha256)),
    )


def timed(path: Path) -> dict[str, Any] | None:
    """The measurement in a `latency.json`: median, ratio to fp32 with its interval, whether the machine was busy."""
    if not is_file(path):
        return None
    document = read_json(path)
    found = document["measured"]["artifact"]
    figures = {name: float(found[name]) for name in ("median_ms", "ratio", "ratio_low", "ratio_high")}
    return {**figures, "busy": was_busy(document)}
