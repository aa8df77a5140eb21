"""Changes of a gallery: each writes new segments and gives the manifest that names them; nothing is written over.

Segments that are small beside what is added become one with it, so that people may be added one by one: as in a binary
counter, each row is written again at most once for each doubling, and there are few segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.core.progress import track
from edgeface.gallery.codes import Codes
from edgeface.gallery.manifest import GalleryManifest, SegmentRecord
from edgeface.gallery.segment import Segment
from edgeface.gallery.writer import NewRows, rows_of_floats, steps_for, write_removed, write_segment

SEGMENT_ROWS = 1 << 17
"""The most rows of a segment: several of them give every core work."""


def added(
    folder: Path,
    manifest: GalleryManifest,
    segments: Sequence[Segment],
    names: Sequence[str],
    rows: NDArray[np.float32],
) -> GalleryManifest:
    """The manifest with people added behind all others: rows float32 [n,width] of unit length."""
    steps = steps_for(manifest, rows, segments[0].steps if segments else None)
    records, number = list(manifest.segments), manifest.next_segment
    cuts = [slice(start, start + SEGMENT_ROWS) for start in range(0, len(names), SEGMENT_ROWS)]
    for piece in track(cuts, "writing") if len(cuts) > 1 else cuts:
        new = rows_of_floats(names[piece], rows[piece], steps)
        joined = _small(records, segments, len(new.names))
        if joined:
            records = records[: -len(joined)]
            new = _merged(manifest, [*(_rows(segment, _kept(segment)) for segment in joined), new])
        records.append(write_segment(folder, number, new))
        number += 1
    return _with(manifest, records, number)


def removed(
    folder: Path, manifest: GalleryManifest, segments: Sequence[Segment], rows: Sequence[int]
) -> GalleryManifest:
    """The manifest with rows of the gallery marked as removed."""
    gone = np.sort(np.array(rows, np.int64))
    records = []
    for segment, record in zip(segments, manifest.segments, strict=True):
        here = gone[(gone >= segment.start) & (gone < segment.start + segment.rows)] - segment.start
        merged = np.union1d(segment.removed, here)
        if merged.size == record.rows:
            continue
        records.append(write_removed(folder, record, merged) if here.size else record)
    return _with(manifest, records, manifest.next_segment)


def compacted(folder: Path, manifest: GalleryManifest, segments: Sequence[Segment]) -> GalleryManifest:
    """The manifest of full segments without removed rows."""
    records, number = [], manifest.next_segment
    for group in track(list(_full(segments)), "writing"):
        new = _merged(manifest, [_rows(segment, rows) for segment, rows in group])
        records.append(write_segment(folder, number, new))
        number += 1
    return _with(manifest, records, number)


def _full(segments: Sequence[Segment]) -> Iterator[list[tuple[Segment, NDArray[np.int64]]]]:
    """The rows that are kept, in groups of `SEGMENT_ROWS`."""
    group: list[tuple[Segment, NDArray[np.int64]]] = []
    room = SEGMENT_ROWS
    for segment in segments:
        rows = _kept(segment)
        while rows.size:
            group.append((segment, rows[:room]))
            room, rows = room - min(room, rows.size), rows[room:]
            if not room:
                yield group
                group, room = [], SEGMENT_ROWS
    if group:
        yield group


def _small(records: Sequence[SegmentRecord], segments: Sequence[Segment], count: int) -> list[Segment]:
    """The last segments that become one with `count` new rows: each no larger than what follows it."""
    opened = {segment.record.id: segment for segment in segments}
    joined: list[Segment] = []
    for record in reversed(records):
        kept = record.rows - record.removed_rows
        if record.id not in opened or kept > count or count + kept > SEGMENT_ROWS:
            break
        joined.insert(0, opened[record.id])
        count += kept
    return joined


def _kept(segment: Segment) -> NDArray[np.int64]:
    rows = np.arange(segment.rows)
    return rows[segment.live(rows)]


def _rows(segment: Segment, rows: NDArray[np.int64]) -> NewRows:
    names = segment.names()
    codes = Codes(segment.codes[rows], segment.steps, segment.record.residual)
    embeddings = None if segment.embeddings is None else segment.embeddings[rows]
    return NewRows([names[row] for row in rows.tolist()], embeddings, codes)


def _merged(manifest: GalleryManifest, parts: Sequence[NewRows]) -> NewRows:
    """Rows one after the other. Floats get new bytes; bytes have the same steps in all of a gallery."""
    names = [name for part in parts for name in part.names]
    floats = [part.embeddings for part in parts if part.embeddings is not None]
    if manifest.precision == "float32":
        return rows_of_floats(names, np.concatenate(floats), None)
    values = np.concatenate([part.codes.values for part in parts])
    return NewRows(names, None, Codes(values, parts[0].codes.steps, 0.0))


def _with(manifest: GalleryManifest, records: Sequence[SegmentRecord], number: int) -> GalleryManifest:
    people = sum(record.rows - record.removed_rows for record in records)
    changed = {"segments": tuple(records), "people": people, "next_segment": number}
    return GalleryManifest.model_validate({**manifest.model_dump(), **changed})
