"""Computation over many images, with earlier results read from a cache; memory holds few rows at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import overload

from edgeface.core.opencv_threads import one_opencv_thread
from edgeface.core.progress import note, track
from edgeface.engine.local import HERE
from edgeface.engine.missing import missing_there
from edgeface.engine.task import Engine, parts_of
from edgeface.evaluation.cache import Cache
from edgeface.evaluation.cache_blocks import KEY_BYTES, Rows
from edgeface.evaluation.look import Item, Look, Looked
from edgeface.evaluation.work import Work
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import digest_file

PART = 16
"""Images of a part: few, so that little is lost if a run is interrupted or a worker is lost."""


@dataclass(frozen=True)
class Table(Sequence[Rows]):
    """The rows of every image for one part of the work, each read from the cache when it is asked for.

    `digests` are the images' SHA-256, one after the other.
    """

    cache: Cache
    part: str
    digests: bytearray

    def __len__(self) -> int:
        """How many there are."""
        return len(self.digests) // KEY_BYTES

    @overload
    def __getitem__(self, place: int) -> Rows: ...

    @overload
    def __getitem__(self, place: slice) -> list[Rows]: ...

    def __getitem__(self, place: int | slice) -> Rows | list[Rows]:
        """Those of one image, or of several."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        at = range(len(self))[place] * KEY_BYTES
        rows = self.cache.get(self.part, self.digests[at : at + KEY_BYTES].hex())
        assert rows is not None
        return rows


def compute(
    work: Work, files: Sequence[Path], cache: Cache, engine: Engine = HERE, doing: str = "evaluating"
) -> list[Table]:
    """The rows of every image for each part of the work.

    New results are cached even if the run is interrupted or an image cannot be used.

    Args:
        work: the computation.
        files: images.
        cache: earlier results.
        engine: computes them.
        doing: its name in progress messages.

    Returns:
        For each part of the work, the rows of each file in order.

    Raises:
        EdgefaceError: an image or an artifact cannot be used, or workers were lost.
        WriteError: the cache cannot be written.
    """
    run = _Run(work.parts, files, cache)
    done = run.done(Look(work), engine)
    try:
        with one_opencv_thread():
            for _ in track(done, doing, len(files)):
                pass
    finally:
        done.close()
        cache.save()
    if run.known:
        note(f"{doing}: {run.known} of {len(files)} images were in the cache")
    return [Table(cache, part, run.digests) for part in run.parts]


@dataclass
class _Run:
    """The state of one run: digests of the files so far; how many were known, and how many of those were told."""

    parts: tuple[str, ...]
    files: Sequence[Path]
    cache: Cache
    known: int = 0
    told: int = 0
    digests: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.digests = bytearray(len(self.files) * KEY_BYTES)

    def done(self, look: Look, engine: Engine) -> Generator[None, None, None]:
        """Compute what is not known; yields once for each file."""
        pieces = parts_of(self._lacking(), PART)
        first = next(pieces, None)
        if first is not None:  # else no model need be opened
            with closing(engine.run(look, chain([first], pieces))) as results:
                for _, looked in results:
                    yield from self._kept(looked)
        yield from self._told()

    def _kept(self, looked: Looked) -> Iterator[None]:
        """Keep what a part has found; raises what ended it."""
        for found in looked.found:
            self._keep(found.number, found.digest)
            for index, rows in found.rows.items():
                if not self.cache.holds(self.parts[index], found.digest):
                    self.cache.put(self.parts[index], found.digest, rows)
            yield
        if looked.ended_by is not None:
            raise missing_there(looked.ended_by)
        yield from self._told()

    def _told(self) -> Iterator[None]:
        """One for each file that is known since the last time."""
        while self.told < self.known:
            self.told += 1
            yield

    def _lacking(self) -> Iterator[Item]:
        """The files with what is not known of them; where something is known, files are digested to find out."""
        every = tuple(range(len(self.parts)))
        some = any(self.cache.holds(part) for part in self.parts)
        for number, file in enumerate(self.files):
            wanted = every
            if some:
                digest = digest_file(file, IMAGE)
                wanted = tuple(index for index in every if not self.cache.holds(self.parts[index], digest))
                if not wanted:
                    self._keep(number, digest)
                    self.known += 1
                    continue
            yield file, number, wanted

    def _keep(self, number: int, digest: str) -> None:
        self.digests[number * KEY_BYTES : (number + 1) * KEY_BYTES] = bytes.fromhex(digest)
