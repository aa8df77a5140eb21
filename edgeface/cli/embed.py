"""`edgeface embed`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeface.cli.face_options import Aligned, FaceThreshold, OptionalDetectorFolder, RecognizerFolder, open_recognizer
from edgeface.cli.looking import Every, Frames, Inputs, JsonLines, Reading, Recursive, Start, look_at
from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.cli.results import Results, form_of
from edgeface.cli.table import format_table
from edgeface.core.writing import check_replaceable, write_file
from edgeface.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgeface.inference.pipeline import FacePipeline
    from edgeface.inference.recognizer import Recognizer
    from edgeface.tasks.detection.faces import Face


EXAMPLES = (
    "edgeface embed photo.jpg --detector out/retinaface_mnet025-tflite-int8 "
    "--recognizer out/mobilefacenet-tflite-int8 --out photo.npz",
)


def embed(
    inputs: Inputs,
    recognizer: RecognizerFolder,
    detector: OptionalDetectorFolder = None,
    aligned: Aligned = False,
    face_threshold: FaceThreshold = None,
    all_faces: Annotated[
        bool, typer.Option("--all-faces", help="Embed every face of an image, as of frames, not only the main one.")
    ] = False,
    recursive: Recursive = False,
    every: Every = 1,
    start: Start = 0,
    frames: Frames = None,
    out: Annotated[Path | None, typer.Option(help="Write the embeddings here, as .npz.")] = None,
    lines: JsonLines = False,
    json_output: Json = False,
) -> None:
    """Embed the main face of each image, or each face of a frame: float32 of unit length, similar for the same person.

    The main face is the large one near the center. The .npz contains images [n], embeddings [n,width] and, unless
    aligned faces were given, boxes [n,4] in pixels; of folders and videos also frames [n], -1 for images. Of folders
    and videos, what cannot be used is reported and left out; the exit code then is 2.
    """
    from edgeface.reading.existing import refuse_missing

    form = form_of(json_output, lines)
    if out is not None:
        _check_path(out)
    named = [path for path in inputs if not str(path).startswith("camera:")]
    refuse_missing({"INPUT": named, "--recognizer": recognizer, "--detector": detector})
    opened = open_recognizer(recognizer, detector, aligned, face_threshold)
    if form != "jsonl" and not all_faces and _are_images(inputs):
        _images(opened, inputs, out, json_output)
        return
    from edgeface.cli.embedding import Embedding
    from edgeface.images.sources import list_sources

    results = Results(form)
    look = Embedding(opened, all_faces, results, gather=out is not None)
    look_at(list_sources(inputs, recursive=recursive), look, Reading(every, start, frames), results, "embedding")
    written = ""
    if out is not None and look.rows:
        write_file(out, look.write, "the embeddings")
        written = f"; written: {out}"
    document = {"width": look.width, "out": None if not written else str(out)}
    results.end(f"{look.count} embedding(s) in {results.count} image(s) or frame(s){written}", **document)


def _are_images(inputs: Sequence[Path]) -> bool:
    """Whether all inputs can only be images: then one that cannot be used refuses all."""
    from edgeface.images.frames import camera_number
    from edgeface.images.sources import is_video_file
    from edgeface.reading.regular_file import is_folder

    return not any(camera_number(path) is not None or is_folder(path) or is_video_file(path) for path in inputs)


def _images(opened: Recognizer | FacePipeline, images: Sequence[Path], out: Path | None, json_output: bool) -> None:
    """Embed images that were named, all or none."""
    from edgeface.inference.batch import embed_aligned, embed_main_faces
    from edgeface.inference.recognizer import Recognizer

    faces: list[Face] | None = None
    if isinstance(opened, Recognizer):
        embeddings = embed_aligned(opened, images)
    else:
        found = embed_main_faces(opened, images)
        embeddings, faces = [each.embedding for each in found], [each.face for each in found]
    if out is not None:
        _write(out, images, embeddings, faces)
    if json_output:
        print_json(_document(images, embeddings, faces, out))
        return
    print(_format(images, faces))
    output = "--out FILE.npz writes them, --json prints them" if out is None else f"written: {out}"
    print(f"\n{len(images)} embedding(s) of {embeddings[0].size} numbers; {output}")


def _check_path(out: Path) -> None:
    if out.suffix.lower() != ".npz":
        raise InputError("embeddings are written as .npz", where=str(out), fix="name a file that ends in .npz")
    if out.is_dir() or not out.parent.is_dir():
        problem = "this is a folder, not a file" if out.is_dir() else "there is no such folder"
        raise InputError(problem, where=str(out if out.is_dir() else out.parent), fix="choose another path")
    check_replaceable(out, "the embeddings")


def _write(
    out: Path, images: Sequence[Path], embeddings: Sequence[NDArray[np.float32]], faces: Sequence[Face] | None
) -> None:
    import numpy as np

    arrays = {"images": np.array([str(image) for image in images]), "embeddings": np.stack(embeddings)}
    if faces is not None:
        from edgeface.tasks.detection.faces import face_boxes

        arrays["boxes"] = face_boxes(faces)
    write_file(out, lambda stream: np.savez(stream, allow_pickle=False, **arrays), "the embeddings")


def _document(
    images: Sequence[Path],
    embeddings: Sequence[NDArray[np.float32]],
    faces: Sequence[Face] | None,
    out: Path | None,
) -> dict[str, Any]:
    documents = []
    for index, (image, embedding) in enumerate(zip(images, embeddings, strict=True)):
        face = None if faces is None else faces[index].as_dict()
        documents.append({"image": str(image), "face": face, "embedding": embedding.tolist()})
    return {"width": embeddings[0].size, "embeddings": documents, "out": None if out is None else str(out)}


def _format(images: Sequence[Path], faces: Sequence[Face] | None) -> str:
    if faces is None:
        return "\n".join(str(image) for image in images)
    rows = [
        (str(image), f"{face.score:.3f}", *(f"{value:.1f}" for value in face.box))
        for image, face in zip(images, faces, strict=True)
    ]
    return format_table(("image", "score", "x1", "y1", "x2", "y2"), rows)
