"""What a worker does with one part of the images: read each file once, decode ahead, compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edgeface.core.prefetch import prefetch
from edgeface.engine.cargo import ReadsFiles
from edgeface.errors import EdgefaceError
from edgeface.evaluation.cache_blocks import Rows
from edgeface.evaluation.work import Compute, Image, Work
from edgeface.images.files import read_digested

AHEAD_BYTES = 2 << 20
"""Pixels that are decoded together, ahead of those that are computed: one photograph, or several small ones."""

TOGETHER, TOGETHER_BYTES = 8, 8 << 20
"""Images that are computed together: they are computed one after the other, but each step for all of them."""

Item: TypeAlias = tuple[Path, int, tuple[int, ...]]
"""An image, its number in the whole list, and the parts of the work to compute for it."""

Digested: TypeAlias = tuple[str, Image]
"""The SHA-256 of an image's file in hex, and its pixels."""


@dataclass(frozen=True)
class Found:
    """What was computed for the image of that number and digest: rows by the part of the work."""

    number: int
    digest: str
    rows: dict[int, Rows]


@dataclass(frozen=True)
class Looked:
    """What was found, and what ended the part before all was: it is raised once that is kept."""

    found: list[Found]
    ended_by: BaseException | None = None


@dataclass(frozen=True)
class Look:
    """The task of an engine: a computation on images, whose parts are some images each."""

    work: Work

    def open(self) -> Callable[[Sequence[Item]], Looked]:
        """The computation, with its artifacts loaded."""
        compute = self.work.open()
        return lambda items: _looked(compute, items)

    @property
    def reads(self) -> Mapping[Path, tuple[str, ...]]:
        """The files of the artifacts."""
        return self.work.reads if isinstance(self.work, ReadsFiles) else {}

    def reading(self, places: Mapping[Path, Path]) -> Look:
        """The same with artifacts at other places."""
        assert isinstance(self.work, ReadsFiles)
        return Look(self.work.reading(places))


def _looked(compute: Compute, items: Sequence[Item]) -> Looked:
    found: list[Found] = []
    try:
        for each in _each(compute, items):
            found.append(each)
    except (EdgefaceError, KeyboardInterrupt) as stopped:
        return Looked(found, stopped)
    return Looked(found)


def _each(compute: Compute, items: Sequence[Item]) -> Iterator[Found]:
    """What is found for each image; of equal ones in the part the first is computed."""
    known: dict[str, dict[int, Rows]] = {}
    images = prefetch(_read(path for path, *_ in items), lambda read: read[1].nbytes, AHEAD_BYTES)
    for group in _groups(zip(items, images, strict=True)):
        lacking: dict[str, tuple[Path, Image, list[int]]] = {}
        for (path, _, wanted), (digest, image) in group:
            parts = lacking.setdefault(digest, (path, image, []))[2]
            parts += [index for index in wanted if index not in known.get(digest, ()) and index not in parts]
        try:
            for digest, rows in _computed(compute, {key: one for key, one in lacking.items() if one[2]}):
                known.setdefault(digest, {}).update(rows)
        finally:  # what was found before an error, too
            for (_, number, wanted), (digest, _) in group:
                if known.get(digest, {}).keys() >= set(wanted):
                    yield Found(number, digest, {index: known[digest][index] for index in wanted})


def _computed(
    compute: Compute, lacking: Mapping[str, tuple[Path, Image, Sequence[int]]]
) -> Iterable[tuple[str, dict[int, Rows]]]:
    """The rows of images by their digests; an error is that of one image, which it names."""
    try:
        found = compute([image for _, image, _ in lacking.values()], [parts for *_, parts in lacking.values()])
    except EdgefaceError:
        return _one_by_one(compute, lacking)
    return zip(lacking, found, strict=True)


def _one_by_one(
    compute: Compute, lacking: Mapping[str, tuple[Path, Image, Sequence[int]]]
) -> Iterator[tuple[str, dict[int, Rows]]]:
    for digest, (path, image, parts) in lacking.items():
        try:
            yield digest, compute([image], [parts])[0]
        except EdgefaceError as error:
            error.where = f"{path}, {error.where}" if error.where else str(path)
            raise


def _groups(given: Iterable[tuple[Item, Digested]]) -> Iterator[list[tuple[Item, Digested]]]:
    """What is given, a few small images at a time."""
    group: list[tuple[Item, Digested]] = []
    size = 0
    try:
        for each in given:
            group.append(each)
            size += each[1][1].nbytes
            if len(group) == TOGETHER or size >= TOGETHER_BYTES:
                yield group
                group, size = [], 0
    except EdgefaceError:  # an image cannot be read: those before it can
        yield group
        raise
    yield group


def _read(paths: Iterable[Path]) -> Iterator[Digested]:
    for path in paths:
        yield read_digested(path)
