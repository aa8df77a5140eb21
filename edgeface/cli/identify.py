"""`edgeface identify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.face_options import (
    DetectorFolder,
    FaceThreshold,
    MatchThreshold,
    RecognizerFolder,
    describe_threshold,
)
from edgeface.cli.identified import format_named, identification_document
from edgeface.cli.looking import Every, Frames, Inputs, JsonLines, Reading, Recursive, Start, look_at
from edgeface.cli.options import Json, refuse_given
from edgeface.cli.reporting import print_json
from edgeface.cli.results import Results, form_of

if TYPE_CHECKING:
    from edgeface.cli.identifying import Identify

EXAMPLES = (
    "edgeface identify photo.jpg --gallery people --detector out/retinaface_mnet025-tflite-int8 "
    "--recognizer out/mobilefacenet-tflite-int8",
    "edgeface identify photos/ --gallery staff --top 3 --jsonl --detector out/retinaface_mnet025-tflite-int8 "
    "--recognizer out/mobilefacenet-tflite-int8",
)

GalleryFolder = Annotated[
    Path,
    typer.Option(
        help="A gallery that `edgeface gallery` made, or a folder with a sub-folder of images, or one image, "
        "named after each person."
    ),
]


def identify(
    inputs: Inputs,
    gallery: GalleryFolder,
    detector: DetectorFolder,
    recognizer: RecognizerFolder,
    threshold: MatchThreshold = None,
    face_threshold: FaceThreshold = None,
    top: Annotated[int, typer.Option(help="Show so many of the most similar people for each face.", min=1)] = 1,
    other_recognizer: Annotated[
        bool, typer.Option("--other-recognizer", help="Take a gallery that another recognizer made.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help="Threads that search a gallery; by default one for each core.", min=1)
    ] = None,
    recursive: Recursive = False,
    every: Every = 1,
    start: Start = 0,
    frames: Frames = None,
    out: Annotated[
        Path | None, typer.Option(help="Of one image: write it with faces and names drawn on it here.")
    ] = None,
    lines: JsonLines = False,
    json_output: Json = False,
) -> None:
    """Identify every face of images, folders, videos or a camera among the people of a gallery, or as unknown.

    In a folder only the main face of each image is used, the large one near the center; a person with several images
    is the mean of their embeddings. The search is exact, also among millions. Of folders and videos, what cannot be
    used is reported and left out; the exit code then is 2.
    """
    from edgeface.cli.detect import is_one_image
    from edgeface.cli.identifying import Identify, open_people
    from edgeface.images.sources import list_sources
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.reading.existing import refuse_missing
    from edgeface.tasks.recognition.comparison import match_threshold

    form, alone = form_of(json_output, lines), is_one_image(inputs)
    if not alone or form == "jsonl":
        refuse_given({"--out": out}, "draws on one image, whose faces are a table or one document")
    if out is not None:
        _check_path(out)
    named = [path for path in inputs if not str(path).startswith("camera:")]
    refuse_missing({"INPUT": named, "--gallery": gallery, "--detector": detector, "--recognizer": recognizer})
    pipeline = FacePipeline.open(detector, recognizer, face_threshold)
    chosen = match_threshold(pipeline.recognizer.artifact, threshold)
    people = open_people(gallery, pipeline, other_recognizer, threads)
    results = Results(form)
    look = Identify(pipeline, people, chosen, top, results)
    if alone and form != "jsonl":
        _one_image(look, inputs[0], out, json_output)
        return
    look_at(list_sources(inputs, recursive=recursive), look, Reading(every, start, frames), results, "identifying")
    said = f"{look.faces} face(s), {look.known} of them known, in {results.count} image(s) or frame(s)"
    results.end(
        f"{said}\nthreshold: {describe_threshold(chosen.cosine, chosen.source)}",
        threshold=chosen.cosine,
        threshold_source=chosen.source,
        gallery_people=people.count,
    )


def _check_path(out: Path) -> None:
    from edgeface.cli.image import check_image_path

    check_image_path(out)


def _one_image(look: Identify, image: Path, out: Path | None, json_output: bool) -> None:
    from edgeface.cli.image import write_image
    from edgeface.images.files import read_image
    from edgeface.tasks.detection.draw import draw_faces

    pixels = read_image(image)
    named = look.named(pixels)
    if out is not None:
        write_image(out, draw_faces(pixels, [each.found.face for each in named], [each.label for each in named]))
    chosen = look.threshold
    if json_output:
        document = {"image": str(image), "height": pixels.shape[0], "width": pixels.shape[1]}
        document |= {"threshold": chosen.cosine, "threshold_source": chosen.source}
        document |= {"gallery_people": look.people.count, "people": look.people.names}
        drawn = None if out is None else str(out)
        faces = [identification_document(each) for each in named]
        print_json(document | {"faces": faces, "drawn": drawn})
        return
    print(f"{format_named(named)}\nthreshold: {describe_threshold(chosen.cosine, chosen.source)}")
    if out is not None:
        print(f"written: {out}")
