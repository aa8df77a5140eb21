"""What a gallery on disk says of itself, in `gallery.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edgeface.core.artifact import write_json
from edgeface.errors import InputError
from edgeface.reading.damage import damage_reported
from edgeface.reading.document import read_json
from edgeface.reading.kinds import GALLERY
from edgeface.reading.regular_file import is_file

MANIFEST = "gallery.json"
SEGMENTS = "segments"
FORMAT = 1
MAX_SEGMENTS, MAX_WIDTH, MAX_ROWS = 10_000, 4096, 1 << 24

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Precision = Literal["float32", "int8"]


class RecognizerRecord(BaseModel):
    """The recognizer that made the embeddings: its artifact's name, target, and the SHA-256 of its model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    target: str
    sha256: Sha256


class SegmentRecord(BaseModel):
    """A segment: rows that were written together and do not change.

    `id` names its folder; `files` maps each of its files to its SHA-256; `removed` is the name of the file with the
    rows of people who were removed since, and `removed_rows` their number. `residual` bounds how far a row is from
    its bytes, and is 0 where the bytes are the gallery; `longest` is the length of the longest row.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    id: str = Field(pattern=r"^[0-9]{8}-[0-9a-f]{16}$")
    rows: int = Field(ge=1, le=MAX_ROWS)
    residual: float = Field(ge=0)
    longest: float = Field(ge=0, le=2)
    files: dict[Literal["codes", "steps", "embeddings", "names", "ends"], Sha256]
    removed: str | None = Field(default=None, pattern=r"^removed-[0-9a-f]{16}$")
    removed_rows: int = Field(default=0, ge=0)
    removed_sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _agrees(self) -> SegmentRecord:
        if self.removed_rows > self.rows or (self.removed is None) != (self.removed_rows == 0):
            raise ValueError("the number of removed rows does not fit")
        return self


class GalleryManifest(BaseModel):
    """A gallery: what its embeddings are, and where they are.

    `people` counts the rows that were not removed; `next_segment` numbers the segment that is written next.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    recognizer: RecognizerRecord
    width: int = Field(ge=1, le=MAX_WIDTH)
    precision: Precision
    people: int = Field(ge=0)
    next_segment: int = Field(ge=0, lt=10**8)
    segments: Annotated[tuple[SegmentRecord, ...], Field(max_length=MAX_SEGMENTS)]

    @model_validator(mode="after")
    def _agrees(self) -> GalleryManifest:
        if self.format != FORMAT:
            raise ValueError(f"format {self.format} is not supported by this version")
        wanted = {"codes", "steps", "names", "ends"} | ({"embeddings"} if self.precision == "float32" else set())
        if any(set(segment.files) != wanted for segment in self.segments):
            raise ValueError("a segment lacks files, or has others")
        if sum(segment.rows - segment.removed_rows for segment in self.segments) != self.people:
            raise ValueError("the number of people does not fit")
        if len({segment.id for segment in self.segments}) != len(self.segments):
            raise ValueError("a segment is there twice")
        return self


def is_gallery(folder: Path) -> bool:
    """Whether a folder is a gallery of embeddings, and not one of images."""
    return is_file(folder / MANIFEST)


def read_manifest(folder: Path) -> GalleryManifest:
    """The manifest of the gallery in a folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    if not is_gallery(folder):
        raise InputError("there is no gallery", where=str(folder), fix="create it: edgeface gallery add GALLERY FOLDER")
    path = folder / MANIFEST
    with damage_reported("gallery", str(path), GALLERY.fix):
        return GalleryManifest.model_validate(read_json(path, GALLERY))


def write_manifest(folder: Path, manifest: GalleryManifest) -> None:
    """Replace the manifest in one step; its segments have to be complete.

    Raises:
        WriteError: it cannot be written.
    """
    write_json(folder / MANIFEST, manifest.model_dump(mode="json", exclude_none=True))
