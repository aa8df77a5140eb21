"""Writing of segments: complete under their names, or not there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.core.artifact import sha256_hex
from edgeface.core.temporary import held, temporary_folder
from edgeface.core.writing import make_folders, write_failures
from edgeface.errors import InputError
from edgeface.gallery.codes import Codes, decode, encode, finest_steps, lasting_steps
from edgeface.gallery.manifest import SEGMENTS, GalleryManifest, SegmentRecord
from edgeface.gallery.mapped import write_array
from edgeface.gallery.names import pack_names
from edgeface.gallery.scores import length
from edgeface.reading.kinds import GALLERY_ARRAY
from edgeface.reading.regular_file import digest_file

_OURS = re.compile(r"\d{8}-[0-9a-f]{16}")


@dataclass(frozen=True, eq=False)
class NewRows:
    """Rows to be written: names, and either floats [n,width] of unit length or bytes with their steps."""

    names: Sequence[str]
    embeddings: NDArray[np.float32] | None
    codes: Codes


def rows_of_floats(names: Sequence[str], rows: NDArray[np.float32], steps: NDArray[np.float32] | None) -> NewRows:
    """Rows for a gallery of floats, or with given steps for one of bytes alone."""
    codes = encode(rows, finest_steps(rows) if steps is None else steps)
    return NewRows(names, rows if steps is None else None, codes)


def steps_for(manifest: GalleryManifest, rows: NDArray[np.float32], first: NDArray[np.float32] | None) -> Any:
    """The steps of a gallery of bytes, which the rows that come first decide; None for a gallery of floats."""
    if manifest.precision == "float32":
        return None
    return lasting_steps(rows) if first is None else first


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Let one process at a time change a gallery; others wait.

    Raises:
        InputError: it was removed.
    """
    with write_failures(folder, "the gallery"):
        lock = held(folder)
    if lock is None:
        raise InputError("the gallery was removed", where=str(folder))
    try:
        yield
    finally:
        os.close(lock)


def write_segment(folder: Path, number: int, new: NewRows) -> SegmentRecord:
    """Write a segment into a gallery's folder; no manifest names it yet.

    Raises:
        WriteError: it cannot be written.
    """
    text, ends = pack_names(new.names)
    arrays: dict[str, NDArray[Any]] = {"names": text, "ends": ends}
    arrays |= {"codes": new.codes.values, "steps": new.codes.steps}
    if new.embeddings is not None:
        arrays["embeddings"] = new.embeddings
    make_folders(folder / SEGMENTS, "the gallery")
    with write_failures(folder, "the gallery"), temporary_folder(folder / SEGMENTS) as staged:
        files = {name: _written(staged / f"{name}.npy", array) for name, array in sorted(arrays.items())}
        identity = sha256_hex("".join(files.values()).encode())[:16]
        record = SegmentRecord(
            id=f"{number:08d}-{identity}",
            rows=len(new.names),
            residual=0.0 if new.embeddings is None else new.codes.residual,
            longest=_longest(new),
            files=files,
        )
        staged.chmod(0o755)
        staged.rename(folder / SEGMENTS / record.id)
        staged.mkdir()  # what the block removes at its end
    return record


def write_removed(folder: Path, record: SegmentRecord, rows: NDArray[np.int64]) -> SegmentRecord:
    """Write which rows of a segment are removed, ascending; the record that says so.

    Raises:
        WriteError: it cannot be written.
    """
    digest = sha256_hex(rows.tobytes())[:16]
    path = folder / SEGMENTS / record.id / f"removed-{digest}.npy"
    written = _written(path, rows)
    changed = {"removed": path.stem, "removed_rows": rows.size, "removed_sha256": written}
    return record.model_copy(update=changed)


def clean(folder: Path, manifest: GalleryManifest) -> None:
    """Remove what no manifest names any more: readers that opened it keep it until they end."""
    kept = {segment.id: segment.removed for segment in manifest.segments}
    with suppress(OSError):
        for path in sorted((folder / SEGMENTS).iterdir()):
            if _OURS.fullmatch(path.name) and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
            elif path.name in kept:
                for old in path.glob("removed-*.npy"):
                    if old.stem != kept[path.name]:
                        old.unlink(missing_ok=True)


def _longest(new: NewRows) -> float:
    """The length of the longest row."""
    values = decode(new.codes.values, new.codes.steps) if new.embeddings is None else new.embeddings
    return max(map(length, values)) * (1 + 1e-6)


def _written(path: Path, array: NDArray[Any]) -> str:
    """Write an array; the SHA-256 of its file."""
    write_array(path, array)
    return digest_file(path, GALLERY_ARRAY)
