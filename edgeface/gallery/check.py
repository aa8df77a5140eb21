"""Whether a gallery's files are those that were written."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.progress import track
from edgeface.errors import InputError
from edgeface.gallery.manifest import SEGMENTS, GalleryManifest
from edgeface.reading.kinds import GALLERY_ARRAY
from edgeface.reading.regular_file import digest_file


def check_files(folder: Path, manifest: GalleryManifest) -> None:
    """Read every file of a gallery, and compare it with its SHA-256.

    Raises:
        InputError: one is missing or was changed.
    """
    wanted = []
    for record in manifest.segments:
        place = folder / SEGMENTS / record.id
        wanted += [(place / f"{name}.npy", digest) for name, digest in sorted(record.files.items())]
        if record.removed is not None:
            wanted.append((place / f"{record.removed}.npy", record.removed_sha256 or ""))
    for path, digest in track(wanted, "checking"):
        if digest_file(path, GALLERY_ARRAY) != digest:
            raise InputError("damaged gallery: a file's SHA-256 differs", where=str(path), fix=GALLERY_ARRAY.fix)
