"""New galleries."""

from __future__ import annotations

from pathlib import Path

from edgeface.contracts import recognition
from edgeface.core.artifact import Artifact
from edgeface.core.writing import make_folders, write_failures
from edgeface.errors import InputError
from edgeface.gallery.manifest import GalleryManifest, Precision, RecognizerRecord, write_manifest
from edgeface.reading.regular_file import is_folder, is_there


def recognizer_record(artifact: Artifact) -> RecognizerRecord:
    """What a gallery says of the recognizer whose embeddings it holds."""
    manifest = artifact.manifest
    return RecognizerRecord(name=manifest.name, target=manifest.target, sha256=manifest.model_sha256)


def create_gallery(folder: Path, recognizer: Artifact, precision: Precision) -> None:
    """Write a gallery without people.

    Raises:
        InputError: something is there already, or the artifact is no recognizer's.
        WriteError: it cannot be written.
    """
    width = recognition(recognizer.contract, str(recognizer.folder)).width
    if precision not in ("float32", "int8"):
        raise InputError(f"a gallery cannot be {precision!r}", fix="float32 or int8")
    if is_there(folder) and not is_folder(folder):
        raise InputError("this is a file, not a folder", where=str(folder), fix="choose another path")
    make_folders(folder, "the gallery")
    with write_failures(folder, "the gallery"):
        found = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".edgeface-"))
    if found:
        raise InputError(
            f"the folder is no gallery, and not empty: it holds {found[0]}", where=str(folder), fix="name a new folder"
        )
    record = recognizer_record(recognizer)
    empty = GalleryManifest(recognizer=record, width=width, precision=precision, people=0, next_segment=0, segments=())
    write_manifest(folder, empty)


def refuse_other(gallery: GalleryManifest, artifact: Artifact, where: str) -> None:
    """Refuse a recognizer other than the gallery's: its embeddings mean something else.

    Raises:
        InputError: naming both.
    """
    own, other = gallery.recognizer, recognizer_record(artifact)
    if own.sha256 != other.sha256:
        raise InputError(
            f"the gallery was made with another recognizer, {own.name} {own.target} ({own.sha256[:12]}), "
            f"not {other.name} {other.target} ({other.sha256[:12]})",
            where=where,
            fix="use that recognizer, or embed the people again with this one; whether two may be mixed says "
            "`edgeface eval --gallery-artifact A --probe-artifact B`, and then --other-recognizer takes it",
        )
