"""A segment of a gallery: rows that were written together, mapped into memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.gallery.codes import decode
from edgeface.gallery.manifest import SEGMENTS, GalleryManifest, SegmentRecord
from edgeface.gallery.mapped import map_array
from edgeface.gallery.names import unpack_names
from edgeface.reading.damage import damage_reported
from edgeface.reading.kinds import GALLERY_ARRAY


@dataclass(frozen=True, eq=False)
class Segment:
    """An opened segment.

    Attributes:
        record: what the manifest says of it.
        folder: where its files are.
        start: the index of its first row in the gallery.
        codes: uint8 [rows,width].
        steps: float32 [width].
        embeddings: float32 [rows,width]; None where bytes are all there is.
        text, ends: the names, as `pack_names` packs them.
        removed: int64, the rows of people who were removed, ascending.
    """

    record: SegmentRecord
    folder: Path
    start: int
    codes: NDArray[np.uint8]
    steps: NDArray[np.float32]
    embeddings: NDArray[np.float32] | None
    text: NDArray[np.uint8]
    ends: NDArray[np.int64]
    removed: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """The number of its rows, removed ones too."""
        return self.record.rows

    @property
    def bytes(self) -> int:
        """The bytes of its arrays."""
        floats = 0 if self.embeddings is None else self.embeddings.nbytes
        return self.codes.nbytes + self.steps.nbytes + floats + self.text.nbytes + self.ends.nbytes

    def values(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """The embeddings of rows, float32 [n,width], that scores are computed of."""
        return decode(self.codes[rows], self.steps) if self.embeddings is None else self.embeddings[rows]

    def live(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these rows were not removed."""
        if not self.removed.size:
            return np.ones(rows.shape, bool)
        places = np.minimum(np.searchsorted(self.removed, rows), self.removed.size - 1)
        kept: NDArray[np.bool_] = self.removed[places] != rows
        return kept

    def name(self, row: int) -> str:
        """The name of a row.

        Raises:
            InputError: it is damaged.
        """
        start = int(self.ends[row - 1]) if row else 0
        with damage_reported("name", str(self.folder), GALLERY_ARRAY.fix):
            return self.text[start : int(self.ends[row])].tobytes().decode()

    def names(self) -> list[str]:
        """The names of all rows, removed ones too.

        Raises:
            InputError: they are damaged.
        """
        with damage_reported("names", str(self.folder), GALLERY_ARRAY.fix):
            return unpack_names(self.text, self.ends)


def open_segments(gallery: Path, manifest: GalleryManifest) -> list[Segment]:
    """The segments of a gallery; see `open_segment`."""
    segments: list[Segment] = []
    start = 0
    for record in manifest.segments:
        segments.append(open_segment(gallery, manifest, record, start))
        start += record.rows
    return segments


def open_segment(gallery: Path, manifest: GalleryManifest, record: SegmentRecord, start: int) -> Segment:
    """A segment whose files are mapped; sizes, types and places of names are checked, the embeddings are not read.

    Raises:
        InputError: a file is missing or damaged.
    """
    folder = gallery / SEGMENTS / record.id
    shape = (record.rows, manifest.width)
    steps = map_array(folder / "steps.npy", np.float32, (manifest.width,))
    text = map_array(folder / "names.npy", np.uint8, (-1,))
    ends = map_array(folder / "ends.npy", np.int64, (record.rows,))
    removed = np.zeros(0, np.int64)
    if record.removed is not None:
        removed = map_array(folder / f"{record.removed}.npy", np.int64, (record.removed_rows,))
    with damage_reported("gallery", str(folder), GALLERY_ARRAY.fix):
        if not (np.isfinite(steps).all() and (steps > 0).all()):
            raise ValueError("a step is not above 0")
        if ends[0] < 0 or (np.diff(ends) < 0).any() or ends[-1] != text.size:
            raise ValueError("the names do not fit their places")
        if removed.size and (removed[0] < 0 or removed[-1] >= record.rows or (np.diff(removed) <= 0).any()):
            raise ValueError("a row that is removed is not there")
    return Segment(
        record,
        folder,
        start,
        codes=map_array(folder / "codes.npy", np.uint8, shape),
        steps=steps,
        embeddings=map_array(folder / "embeddings.npy", np.float32, shape) if manifest.precision == "float32" else None,
        text=text,
        ends=ends,
        removed=removed,
    )
