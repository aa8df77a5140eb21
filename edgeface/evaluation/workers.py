"""Work on images by an engine: each part is some images, decoded ahead of inference."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edgeface.core.prefetch import prefetch
from edgeface.engine.cargo import ReadsFiles
from edgeface.engine.local import Local
from edgeface.engine.task import Engine, parts_of
from edgeface.errors import EdgefaceError
from edgeface.evaluation.work import Compute, Rows, Work
from edgeface.images.files import read_image

CHUNK = 16
"""Images of a part: few, so that little is lost if the run is interrupted."""

Item = tuple[Path, tuple[int, ...]]
"""An image, and the parts of the work to compute for it."""

Done = tuple[Item, dict[int, Rows]]


@dataclass(frozen=True)
class ImageTask:
    """The work as an engine's task: each part is some images."""

    work: Work

    def open(self) -> Callable[[Sequence[Item]], list[Done]]:
        """The computation, with its artifacts loaded."""
        compute = self.work.open()
        return lambda items: list(_each(compute, items))

    @property
    def reads(self) -> Mapping[Path, tuple[str, ...]]:
        """The files of the artifacts."""
        return self.work.reads if isinstance(self.work, ReadsFiles) else {}

    def reading(self, places: Mapping[Path, Path]) -> ImageTask:
        """The same with artifacts at other places."""
        assert isinstance(self.work, ReadsFiles)
        return ImageTask(self.work.reading(places))


def work_on(work: Work, items: Iterable[Item], engine: Engine) -> Generator[Done, None, None]:
    """The computed parts of each image, in any order; close the generator to end all work.

    Args:
        work: the computation.
        items: the images.
        engine: computes them; this process does so image by image.

    Raises:
        EdgefaceError: an image or an artifact cannot be used.
        RuntimeFailure: workers were lost time and again.
    """
    if engine == Local(1):
        yield from _each(work.open(), items)
        return
    with closing(engine.run(ImageTask(work), parts_of(items, CHUNK))) as results:
        for _, done in results:
            yield from done


def _each(compute: Compute, items: Iterable[Item]) -> Iterator[Done]:
    for item, image in prefetch((item, read_image(item[0])) for item in items):
        try:
            yield item, compute(image, item[1])
        except EdgefaceError as error:
            error.where = f"{item[0]}, {error.where}" if error.where else str(item[0])
            raise
