"""`edgeface detect`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.looking import Every, Frames, Inputs, JsonLines, Reading, Recursive, Start, look_at
from edgeface.cli.options import Json, refuse_given
from edgeface.cli.reporting import json_line, print_json
from edgeface.cli.results import Results, form_of, record_of
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgeface.images.frames import Frame
    from edgeface.images.sources import Source
    from edgeface.inference.detector import Detector
    from edgeface.tasks.detection.faces import Face


EXAMPLES = (
    "edgeface detect photo.jpg --artifact out/retinaface_mnet025-tflite-int8 --out faces.jpg",
    "edgeface detect photos/ clip.mp4 --artifact out/retinaface_mnet025-tflite-int8 --out drawn/",
    "edgeface detect camera:0 --artifact out/retinaface_mnet025-tflite-int8 --frames 100 --jsonl",
)


def detect(
    inputs: Inputs,
    artifact: Annotated[Path, typer.Option(help="An artifact folder.")],
    out: Annotated[
        Path | None, typer.Option(help="Draw the faces: an image or video to write, for several a folder.")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Minimum score, 0 to 1; the contract's by default.")] = None,
    recursive: Recursive = False,
    every: Every = 1,
    start: Start = 0,
    frames: Frames = None,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out what is drawn in --out already.")] = False,
    lines: JsonLines = False,
    json_output: Json = False,
) -> None:
    """Find the faces in images, folders, videos or a camera's frames with an exported artifact.

    What cannot be used is reported and left out; the exit code then is 2. A long video's results stay in memory with
    --json only.
    """
    from edgeface.images.sources import list_sources
    from edgeface.inference.load import load_detector
    from edgeface.reading.existing import refuse_missing

    form = form_of(json_output, lines)
    if out is None:
        refuse_given({"--resume": resume}, "continues what --out holds", "pass --out DIR, or leave it out")
    alone = is_one_image(inputs)
    if alone and out is not None:
        _check_image_path(out)
    refuse_missing({"INPUT": [path for path in inputs if not str(path).startswith("camera:")], "--artifact": artifact})
    if alone:
        refuse_given({"--resume": resume}, "is for folders and several inputs")
        _one_image(load_detector(artifact), inputs[0], threshold, out, form)
        return
    results = Results(form)
    sources = list_sources(inputs, recursive=recursive, without=out)
    look = _Detecting(load_detector(artifact), threshold, results, _paths(sources, out))
    todo = [source for source in sources if not (resume and look.is_drawn(source))]
    look_at(todo, look, Reading(every, start, frames), results, "detecting")
    left = f"; {len(sources) - len(todo)} drawn before" if len(todo) < len(sources) else ""
    results.end(f"{look.faces} face(s) in {results.count} image(s) or frame(s){left}", faces=look.faces)


class _Detecting:
    """Finds faces, draws them where that is wanted, and reports them."""

    def __init__(
        self, detector: Detector, threshold: float | None, results: Results, drawn: dict[Source, Path]
    ) -> None:
        self._detector, self._threshold, self._results, self._drawn = detector, threshold, results, drawn
        self.faces = 0

    def is_drawn(self, source: Source) -> bool:
        return self._drawn[source].is_file()

    def image(self, source: Source, pixels: NDArray[np.uint8]) -> None:
        from edgeface.cli.drawing import make_folder_of
        from edgeface.cli.image import write_image
        from edgeface.tasks.detection.draw import draw_faces

        faces = self._detector.detect(pixels, self._threshold)
        drawn = self._drawn.get(source)
        if drawn is not None:
            make_folder_of(drawn)
            write_image(drawn, draw_faces(pixels, faces))
        self._add(source, pixels, faces, f"{source.path}: {len(faces)} face(s)")

    def video(self, source: Source, frames: Iterator[Frame], fps: float) -> None:
        from edgeface.cli.drawing import make_folder_of
        from edgeface.images.video_file import video_file
        from edgeface.tasks.detection.draw import draw_faces

        looked, showing, most = 0, 0, 0
        with ExitStack() as stack:
            drawing = None
            for frame in frames:
                faces = self._detector.detect(frame.image, self._threshold)
                looked, showing, most = looked + 1, showing + bool(faces), max(most, len(faces))
                if source in self._drawn:
                    if drawing is None:
                        make_folder_of(self._drawn[source])
                        drawing = stack.enter_context(video_file(self._drawn[source], fps))
                    drawing.add(draw_faces(frame.image, faces))
                self._add(source, frame.image, faces, None, frame)
        self._results.say(f"{source.path}: {looked} frame(s), {showing} with faces, at most {most} in one")

    def _add(
        self,
        source: Source,
        pixels: NDArray[np.uint8],
        faces: Sequence[Face],
        text: str | None,
        frame: Frame | None = None,
    ) -> None:
        self.faces += len(faces)
        drawn = self._drawn.get(source)
        found = {"faces": [face.as_dict() for face in faces], "drawn": None if drawn is None else str(drawn)}
        height, width = pixels.shape[:2]
        self._results.add({**record_of(source, height, width, frame), **found}, text)


def _paths(sources: Sequence[Source], out: Path | None) -> dict[Source, Path]:
    """Where each source is drawn; empty where nothing is."""
    from edgeface.cli.drawing import drawn_paths

    return {} if out is None else dict(zip(sources, drawn_paths(sources, out), strict=True))


def is_one_image(inputs: Sequence[Path]) -> bool:
    """Whether there is one input, and it can only be an image."""
    from edgeface.images.frames import camera_number
    from edgeface.images.sources import is_video_file
    from edgeface.reading.regular_file import is_folder

    (first, *others) = inputs
    return not others and camera_number(first) is None and not is_folder(first) and not is_video_file(first)


def _check_image_path(out: Path) -> None:
    from edgeface.cli.image import check_image_path

    check_image_path(out)


def _one_image(detector: Detector, image: Path, threshold: float | None, out: Path | None, form: str) -> None:
    from edgeface.cli.image import write_image
    from edgeface.images.files import read_image
    from edgeface.tasks.detection.draw import draw_faces

    pixels = read_image(image)
    faces = detector.detect(pixels, threshold)
    if out is not None:
        write_image(out, draw_faces(pixels, faces))
    if form != "text":
        drawn = None if out is None else str(out)
        height, width = pixels.shape[:2]
        found = [face.as_dict() for face in faces]
        document = {"image": str(image), "height": height, "width": width, "faces": found, "drawn": drawn}
        if form == "jsonl":
            print(json_line(document))
        else:
            print_json(document)
        return
    print(format_faces(faces))
    if out is not None:
        print(f"written: {out}")


def format_faces(faces: list[Face]) -> str:
    """A table with a row for each face, or a line saying that there are none."""
    if not faces:
        return "no faces"
    rows = [(f"{face.score:.3f}", *(f"{value:.1f}" for value in face.box)) for face in faces]
    return f"{format_table(('score', 'x1', 'y1', 'x2', 'y2'), rows, left=0)}\n\n{len(faces)} face(s)"
