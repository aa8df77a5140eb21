"""What `edgeface embed` does with the images of folders and the frames of videos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from edgeface.cli.results import Results, record_of
from edgeface.inference.recognizer import Recognizer

if TYPE_CHECKING:
    from edgeface.images.frames import Frame
    from edgeface.images.sources import Source
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.tasks.detection.faces import Face

_NO_FRAME = -1


class Embedding:
    """Embeds faces and reports them; for a file it also gathers them, 2 kB a face of 512 numbers.

    Args:
        opened: a recognizer for aligned faces, or a pipeline.
        all_faces: embed every face of an image; of frames always.
        results: where they are reported.
        gather: keep them for `write`.
    """

    def __init__(self, opened: Recognizer | FacePipeline, all_faces: bool, results: Results, *, gather: bool) -> None:
        self._opened, self._all, self._results, self._gather = opened, all_faces, results, gather
        self.rows: list[tuple[str, int, NDArray[np.float32], Face | None]] = []
        self.count = 0
        self.width: int | None = None

    def image(self, source: Source, pixels: NDArray[np.uint8]) -> None:
        """Embed the main face of an image, or all."""
        found = self._embedded(pixels, str(source.path), every=self._all)
        self._add(source, pixels, found, None)
        self._results.say(f"{source.path}: {len(found)} embedding(s)")

    def video(self, source: Source, frames: Iterator[Frame], fps: float) -> None:  # noqa: ARG002 (of every look)
        """Embed every face of every frame."""
        looked, embedded = 0, 0
        for frame in frames:
            found = self._embedded(frame.image, f"frame {frame.index} of {source.path}", every=True)
            self._add(source, frame.image, found, frame)
            looked, embedded = looked + 1, embedded + len(found)
        self._results.say(f"{source.path}: {looked} frame(s), {embedded} embedding(s)")

    def write(self, stream: BinaryIO) -> None:
        """Write what was gathered, as .npz."""
        from edgeface.tasks.detection.faces import face_boxes

        images, frames, embeddings, faces = zip(*self.rows, strict=True)
        arrays = {"images": np.array(images), "frames": np.array(frames), "embeddings": np.stack(embeddings)}
        boxed = [face for face in faces if face is not None]
        if boxed:
            arrays["boxes"] = face_boxes(boxed)
        np.savez(stream, allow_pickle=False, **arrays)

    def _embedded(
        self, pixels: NDArray[np.uint8], name: str, *, every: bool
    ) -> list[tuple[NDArray[np.float32], Face | None]]:
        if isinstance(self._opened, Recognizer):
            return [(self._opened.embed(pixels), None)]
        found = self._opened.faces(pixels) if every else [self._opened.main_face(pixels, name)]
        return [(each.embedding, each.face) for each in found]

    def _add(
        self,
        source: Source,
        pixels: NDArray[np.uint8],
        found: list[tuple[NDArray[np.float32], Face | None]],
        frame: Frame | None,
    ) -> None:
        self.count += len(found)
        self.width = found[0][0].size if found else self.width
        if self._gather:
            index = _NO_FRAME if frame is None else frame.index
            self.rows += [(str(source.path), index, embedding, face) for embedding, face in found]
        faces = [
            {**({} if face is None else face.as_dict()), "embedding": embedding.tolist()} for embedding, face in found
        ]
        height, width = pixels.shape[:2]
        self._results.add({**record_of(source, height, width, frame), "faces": faces}, None)
