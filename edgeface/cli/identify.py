"""`edgeface identify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeface.cli.face_options import (
    DetectorFolder,
    FaceThreshold,
    MatchThreshold,
    RecognizerFolder,
    describe_threshold,
)
from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.inference.gallery import Identification

EXAMPLES = (
    "edgeface identify photo.jpg --gallery people --detector out/retinaface_mnet025-tflite-int8 "
    "--recognizer out/mobilefacenet-tflite-int8",
)

GalleryFolder = Annotated[
    Path, typer.Option(help="A folder with a sub-folder of images, or one image, named after each person.")
]


def identify(
    image: Annotated[Path, typer.Argument(help="An image.")],
    gallery: GalleryFolder,
    detector: DetectorFolder,
    recognizer: RecognizerFolder,
    threshold: MatchThreshold = None,
    face_threshold: FaceThreshold = None,
    out: Annotated[Path | None, typer.Option(help="Write the image with faces and names drawn on it here.")] = None,
    json_output: Json = False,
) -> None:
    """Identify every face of an image among the people of a gallery, or as unknown.

    Only the main face of a gallery's image is used, the large one near the center; a person with several images is
    the mean of their embeddings.
    """
    from edgeface.cli.image import check_image_path, write_image
    from edgeface.images.files import read_image
    from edgeface.inference.gallery import name_faces, read_gallery
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.reading.existing import refuse_missing
    from edgeface.tasks.detection.draw import draw_faces
    from edgeface.tasks.recognition.comparison import match_threshold

    if out is not None:
        check_image_path(out)
    given = {"IMAGE": image, "--gallery": gallery, "--detector": detector, "--recognizer": recognizer}
    refuse_missing(given)
    pipeline = FacePipeline.open(detector, recognizer, face_threshold)
    chosen = match_threshold(pipeline.recognizer.artifact, threshold)
    pixels = read_image(image)
    people = read_gallery(gallery, pipeline)
    named = name_faces(pipeline.faces(pixels), people, chosen.cosine)
    if out is not None:
        write_image(out, draw_faces(pixels, [each.found.face for each in named], [each.label for each in named]))
    if json_output:
        document = {"image": str(image), "height": pixels.shape[0], "width": pixels.shape[1]}
        document |= {"threshold": chosen.cosine, "threshold_source": chosen.source, "people": list(people.names)}
        drawn = None if out is None else str(out)
        print_json(document | {"faces": [identification_document(each) for each in named], "drawn": drawn})
        return
    print(f"{format_named(named)}\nthreshold: {describe_threshold(chosen.cosine, chosen.source)}")
    if out is not None:
        print(f"written: {out}")


def identification_document(each: Identification) -> dict[str, Any]:
    """A face and its name for JSON."""
    nearest = {"name": each.name, "nearest": each.nearest.name, "similarity": each.nearest.similarity}
    return each.found.face.as_dict() | nearest


def format_named(named: list[Identification]) -> str:
    """A table with a row for each face."""
    from edgeface.inference.gallery import UNKNOWN

    if not named:
        return "no faces"
    rows = [
        (
            each.name or UNKNOWN,
            each.nearest.name,
            f"{each.nearest.similarity:.3f}",
            f"{each.found.face.score:.3f}",
            *(f"{value:.1f}" for value in each.found.face.box),
        )
        for each in named
    ]
    header = ("name", "nearest", "similarity", "score", "x1", "y1", "x2", "y2")
    return f"{format_table(header, rows, left=2)}\n\n{len(named)} face(s)"
