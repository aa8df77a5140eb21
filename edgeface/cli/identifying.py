"""What `edgeface identify` does with images and the frames of videos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.cli.identified import identification_document
from edgeface.cli.results import Results, record_of
from edgeface.gallery.create import refuse_other
from edgeface.gallery.gallery import Gallery
from edgeface.gallery.manifest import is_gallery
from edgeface.inference.gallery import Identification, Nearest, name_faces, read_gallery

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgeface.images.frames import Frame
    from edgeface.images.sources import Source
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.tasks.recognition.comparison import Threshold


@dataclass(frozen=True)
class People:
    """Those among whom faces are looked up: how many, and their names, if they are from a folder of images."""

    among: Nearest
    count: int
    names: list[str] | None


def open_people(gallery: Path, pipeline: FacePipeline, other_recognizer: bool, threads: int | None) -> People:
    """The people of a gallery on disk, or of a folder of images.

    Raises:
        InputError: nobody is in it, or another recognizer made it.
        EdgefaceError: as `read_gallery` and `Gallery.open` do.
    """
    if not is_gallery(gallery):
        read = read_gallery(gallery, pipeline)
        return People(read, len(read.names), list(read.names))
    opened = Gallery.open(gallery, threads=threads)
    if not other_recognizer:
        refuse_other(opened.manifest, pipeline.recognizer.artifact, str(gallery))
    opened.refuse_empty()
    return People(opened, len(opened), None)


class Identify:
    """Names faces and reports them.

    Args:
        pipeline: finds and embeds them.
        people: among whom they are looked up.
        threshold: minimum cosine for the same person.
        top: how many candidates are reported for each face.
        results: where they are reported.
    """

    def __init__(
        self, pipeline: FacePipeline, people: People, threshold: Threshold, top: int, results: Results
    ) -> None:
        self._pipeline, self._top, self._results = pipeline, top, results
        self.people, self.threshold = people, threshold
        self.faces, self.known = 0, 0

    def named(self, pixels: NDArray[np.uint8]) -> list[Identification]:
        """Every face of an image with its name."""
        return name_faces(self._pipeline.faces(pixels), self.people.among, self.threshold.cosine, self._top)

    def image(self, source: Source, pixels: NDArray[np.uint8]) -> None:
        """Name the faces of an image."""
        named = self.named(pixels)
        shown = ", ".join(each.label for each in named)
        self._add(source, pixels, named, f"{source.path}: {len(named)} face(s){': ' if shown else ''}{shown}")

    def video(self, source: Source, frames: Iterator[Frame], fps: float) -> None:  # noqa: ARG002 (of every look)
        """Name the faces of every frame."""
        looked, seen = 0, dict[str, int]()
        for frame in frames:
            named = self.named(frame.image)
            looked += 1
            for name in {each.name for each in named if each.name is not None}:
                seen[name] = seen.get(name, 0) + 1
            self._add(source, frame.image, named, None, frame)
        shown = ", ".join(
            f"{name} in {count}" for name, count in sorted(seen.items(), key=lambda item: (-item[1], item[0]))
        )
        self._results.say(f"{source.path}: {looked} frame(s){': ' if shown else ''}{shown}")

    def _add(
        self,
        source: Source,
        pixels: NDArray[np.uint8],
        named: list[Identification],
        text: str | None,
        frame: Frame | None = None,
    ) -> None:
        self.faces += len(named)
        self.known += sum(each.name is not None for each in named)
        height, width = pixels.shape[:2]
        faces = [identification_document(each) for each in named]
        self._results.add({**record_of(source, height, width, frame), "faces": faces}, text)
