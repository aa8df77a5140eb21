"""Computation over many images, with earlier results read from a cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgeface.core.progress import note, track
from edgeface.engine.local import HERE
from edgeface.engine.task import Engine
from edgeface.evaluation.cache import Cache
from edgeface.evaluation.work import Rows, Work
from edgeface.evaluation.workers import Item, work_on
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import digest_file


def compute(
    work: Work, files: Sequence[Path], cache: Cache, engine: Engine = HERE, doing: str = "evaluating"
) -> list[list[Rows]]:
    """The rows of every image for each part of the work.

    New results are cached even if the run is interrupted or an image cannot be used.

    Args:
        work: the computation.
        files: images; identical ones are computed once.
        cache: earlier results.
        engine: computes them.
        doing: its name in progress messages.

    Returns:
        For each part, the rows of each file in order.

    Raises:
        EdgefaceError: an image or an artifact cannot be used, or workers were lost.
        OSError: the cache cannot be written.
    """
    parts = work.parts
    digests = [digest_file(file, IMAGE) for file in files]
    by_item = {item: digest for digest, item in _lacking(files, digests, parts, cache).items()}
    if len(by_item) < len(set(digests)):
        note(f"{doing}: {len(set(digests)) - len(by_item)} of {len(set(digests))} images are in the cache")
    worked = work_on(work, list(by_item), engine)
    try:
        for item, results in track(worked, doing, len(by_item)) if by_item else ():
            for index, rows in results.items():
                cache.put(parts[index], by_item[item], rows)
    finally:
        cache.save()
        worked.close()
    return [[_known(cache, part, digest) for digest in digests] for part in parts]


def _lacking(files: Sequence[Path], digests: Sequence[str], parts: Sequence[str], cache: Cache) -> dict[str, Item]:
    """The parts still to be computed, by the image's digest."""
    todo: dict[str, Item] = {}
    for file, digest in zip(files, digests, strict=True):
        lacking = tuple(index for index, part in enumerate(parts) if cache.get(part, digest) is None)
        if lacking:
            todo.setdefault(digest, (file, lacking))
    return todo


def _known(cache: Cache, part: str, digest: str) -> Rows:
    rows = cache.get(part, digest)
    assert rows is not None
    return rows
