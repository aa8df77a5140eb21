"""What a worker does with one part of the images: read each file once, decode ahead, compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.core.prefetch import prefetch
from edgeface.engine.cargo import ReadsFiles
from edgeface.errors import EdgefaceError
from edgeface.evaluation.cache_blocks import Rows
from edgeface.evaluation.work import Compute, Work
from edgeface.images.files import read_digested

AHEAD_BYTES = 2 << 20
"""Pixels that are decoded together, ahead of those that are computed: one photograph, or several small ones."""

Item: TypeAlias = tuple[Path, int, tuple[int, ...]]
"""An image, its number in the whole list, and the parts of the work to compute for it."""

Digested: TypeAlias = tuple[str, NDArray[np.uint8]]
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
    known: dict[str, dict[int, Rows]] = {}
    images = prefetch(_read(path for path, *_ in items), lambda read: read[1].nbytes, AHEAD_BYTES)
    for (path, number, wanted), (digest, image) in zip(items, images, strict=True):
        lacking = tuple(index for index in wanted if index not in known.get(digest, ()))
        if lacking:
            try:
                known[digest] = {**known.get(digest, {}), **compute(image, lacking)}
            except EdgefaceError as error:
                error.where = f"{path}, {error.where}" if error.where else str(path)
                raise
        yield Found(number, digest, {index: known[digest][index] for index in wanted})


def _read(paths: Iterable[Path]) -> Iterator[Digested]:
    for path in paths:
        yield read_digested(path)
