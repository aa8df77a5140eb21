"""Galleries on disk, for Python."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.errors import InputError
from edgeface.gallery.changes import added, compacted, removed
from edgeface.gallery.check import check_files
from edgeface.gallery.create import create_gallery
from edgeface.gallery.manifest import GalleryManifest, Precision, RecognizerRecord, read_manifest, write_manifest
from edgeface.gallery.match import Match
from edgeface.gallery.rows import person_rows
from edgeface.gallery.scan import Scan
from edgeface.gallery.scan_choice import Search, choose_scan
from edgeface.gallery.search import Found, search
from edgeface.gallery.segment import open_segments
from edgeface.gallery.writer import clean, exclusive
from edgeface.reading.given_path import StrPath, given_path

_TRIES = 5


class Gallery:
    """People by name and their embeddings, on disk; `open` and `create` make one.

    Embeddings are mapped into memory, and read when a search needs them. The search is exact: its results are those of
    comparing every person, in order and to the bit, and people who are equally similar come in the order in which they
    were added. Threads may share a gallery, but only one may change it.

    Args:
        folder: the gallery's.
        scan: what takes the first look at the rows: FAISS or numpy.
        threads: that search side by side.

    Attributes:
        folder: the gallery's.
        manifest: what it is.

    Example:
        >>> recognizer = edgeface.load_recognizer("out/mobilefacenet-tflite-int8")
        >>> gallery = edgeface.Gallery.create("staff", recognizer.artifact)
        >>> gallery.add(["Ada", "Grace"], embeddings)
        2
        >>> gallery.nearest(embedding, k=3)[0].name
        'Ada'
    """

    def __init__(self, folder: Path, scan: Scan, threads: int) -> None:
        self.folder, self._scan, self._threads = folder, scan, threads
        self._load()

    @classmethod
    def open(cls, path: StrPath, *, search: Search = "auto", threads: int | None = None) -> Gallery:
        """The gallery in a folder.

        Args:
            path: the folder.
            search: "faiss", "numpy", or "auto": FAISS where it is installed. The results are the same.
            threads: that search side by side; None takes a thread for each core.

        Raises:
            InputError: there is none, or it is damaged; or FAISS is asked for and not installed.

        Example:
            >>> gallery = edgeface.Gallery.open("staff")
            >>> gallery.nearest(embedding, 3)
        """
        return cls(given_path(path, "the gallery's path"), choose_scan(search), threads or _cores())

    @classmethod
    def create(
        cls, path: StrPath, recognizer: Artifact, *, precision: Precision = "float32", search: Search = "auto"
    ) -> Gallery:
        """A new gallery without people.

        Args:
            path: a folder that is not there, or empty.
            recognizer: whose embeddings it will hold; those of others are refused.
            precision: "float32", or "int8": a quarter of the size, and similarities of what bytes hold.
            search: as `open` takes it.

        Raises:
            InputError: something is there already, or the artifact is no recognizer's.
            WriteError: it cannot be written.
        """
        folder = given_path(path, "the gallery's path")
        create_gallery(folder, recognizer, precision)
        return cls.open(folder, search=search)

    def __len__(self) -> int:
        """The number of people."""
        return self.manifest.people

    @property
    def recognizer(self) -> RecognizerRecord:
        """Whose embeddings these are."""
        return self.manifest.recognizer

    @property
    def width(self) -> int:
        """The numbers of an embedding."""
        return self.manifest.width

    @property
    def bytes(self) -> int:
        """The bytes of its segments on disk, those of removed people too."""
        return sum(segment.bytes for segment in self._segments)

    def described(self) -> dict[str, Any]:
        """What it is, for JSON."""
        kept = self.manifest.model_dump(mode="json", include={"recognizer", "width", "precision", "people"})
        rows = sum(segment.rows for segment in self._segments)
        return {**kept, "bytes": self.bytes, "segments": len(self._segments), "removed_rows": rows - len(self)}

    @property
    def names(self) -> list[str]:
        """All names, in the order of the rows."""
        return [name for name, _ in self._people()]

    def refuse_empty(self) -> None:
        """Refuse to look up faces where nobody is.

        Raises:
            InputError: nobody is in it.
        """
        if not len(self):
            raise InputError(
                "nobody is in the gallery", where=str(self.folder), fix="edgeface gallery add GALLERY FOLDER"
            )

    def nearest(self, embedding: NDArray[np.float32], k: int = 1) -> tuple[Match, ...]:
        """The k most similar people, the most similar first; fewer if there are no more.

        Args:
            embedding: float32 [width] of unit length, of the gallery's recognizer.
            k: at least 1.

        Raises:
            InputError: the embedding is not of this width or not finite, or the gallery is damaged.
        """
        return self.nearest_each(np.asarray(embedding)[None], k)[0]

    def nearest_each(self, embeddings: NDArray[np.float32], k: int = 1) -> list[tuple[Match, ...]]:
        """The k most similar people for each of several embeddings.

        Args:
            embeddings: float32 [n,width] of unit length, of the gallery's recognizer.
            k: at least 1.

        Raises:
            InputError: as `nearest`.
        """
        return [self._matches(found) for found in self.search(embeddings, k)]

    def search(self, embeddings: NDArray[np.float32], k: int = 1) -> list[Found]:
        """Rows and scores of the k most similar people for each of several embeddings, without their names.

        Args:
            embeddings: float32 [n,width] of unit length, of the gallery's recognizer.
            k: at least 1.

        Raises:
            InputError: as `nearest`.
        """
        queries = self._queries(embeddings)
        if k < 1:
            raise InputError(f"{k} people cannot be asked for", fix="ask for at least one")
        with one_blas_thread():
            return list(search(self._segments, queries, k, self._scan, self._pool.map))

    def name(self, index: int) -> str:
        """The name of a person by row.

        Args:
            index: a row of a `Found`.
        """
        place = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self._segments[place].name(index - self._segments[place].start)

    def add(self, names: Sequence[str], embeddings: ArrayLike, *, replace: bool = False) -> int:
        """Add people; the number of them. All of them are there, or none.

        Args:
            names: n names. A person who comes several times is the mean of their embeddings.
            embeddings: floats [n,width] of the gallery's recognizer.
            replace: people who are in the gallery already are replaced.

        Raises:
            InputError: the embeddings do not fit, or a name is in the gallery and `replace` is False.
            WriteError: they cannot be written.
        """
        people, rows = person_rows(names, embeddings, self.width, str(self.folder))
        with self._changing():
            known = self._places(people)
            if known and not replace:
                first = next(name for name in people if name in known)
                raise InputError(
                    f"{len(known):,} of {len(people):,} people are in the gallery already, as {first}",
                    where=str(self.folder),
                    fix="replace them (--replace), or give them other names",
                )
            manifest = removed(self.folder, self.manifest, self._segments, list(known.values()))
            self._commit(added(self.folder, manifest, open_segments(self.folder, manifest), people, rows))
        return len(people)

    def remove(self, names: Sequence[str]) -> int:
        """Remove people; the number of them. Their rows are marked at once, and freed by `compact`.

        Args:
            names: of people in the gallery; all of them are removed, or nobody.

        Raises:
            InputError: one is not in the gallery; then nobody is removed.
            WriteError: it cannot be written.
        """
        with self._changing():
            known = self._places(list(dict.fromkeys(names)))
            missing = [name for name in names if name not in known]
            if missing:
                raise InputError(
                    f"{missing[0]} is not in the gallery",
                    where=str(self.folder),
                    fix="`edgeface gallery list` shows all",
                )
            self._commit(removed(self.folder, self.manifest, self._segments, list(known.values())))
        return len(known)

    def compact(self) -> None:
        """Write the gallery anew in as few segments as it needs, without the rows of those who were removed.

        Raises:
            WriteError: it cannot be written; then it is as it was.
        """
        with self._changing():
            self._commit(compacted(self.folder, self.manifest, self._segments))

    def check(self) -> None:
        """Read every file, and compare it with the SHA-256 in the manifest.

        Raises:
            InputError: one is missing or was changed.
        """
        check_files(self.folder, self.manifest)

    def _load(self) -> None:
        """Read the manifest and open its segments; again, if another process changed it in between."""
        for left in reversed(range(_TRIES)):
            manifest = read_manifest(self.folder)
            try:
                self._open(manifest)
                return
            except InputError:
                if not left or read_manifest(self.folder) == manifest:
                    raise

    def _open(self, manifest: GalleryManifest) -> None:
        segments = open_segments(self.folder, manifest)
        self.manifest, self._segments = manifest, segments
        self._starts = np.array([segment.start for segment in segments], np.int64)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with exclusive(self.folder):
            self._load()
            clean(self.folder, self.manifest)  # what a change that failed or was killed left
            yield

    def _commit(self, manifest: GalleryManifest) -> None:
        write_manifest(self.folder, manifest)
        clean(self.folder, manifest)
        self._load()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="gallery")

    def _queries(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        queries = np.ascontiguousarray(embeddings, np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.width or not np.isfinite(queries).all():
            raise InputError(
                f"an embedding of shape {list(queries.shape[1:])} does not fit a gallery of {self.width} numbers",
                where=str(self.folder),
                fix="use finite embeddings of the recognizer that made the gallery",
            )
        return queries

    def _matches(self, found: Found) -> tuple[Match, ...]:
        if not np.isfinite(found.scores).all():
            raise InputError("damaged gallery: an embedding is not finite", where=str(self.folder), fix="copy it again")
        pairs = zip(found.indices.tolist(), np.clip(found.scores, -1, 1).tolist(), strict=True)
        return tuple(Match(self.name(index), score) for index, score in pairs)

    def _people(self) -> Iterator[tuple[str, int]]:
        """Everyone's name and row."""
        for segment in self._segments:
            kept = segment.live(np.arange(segment.rows))
            for row, (name, live) in enumerate(zip(segment.names(), kept.tolist(), strict=True)):
                if live:
                    yield name, segment.start + row

    def _places(self, names: Sequence[str]) -> dict[str, int]:
        """The rows of those of these people who are in the gallery."""
        wanted = set(names)
        return {name: row for name, row in self._people() if name in wanted}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
