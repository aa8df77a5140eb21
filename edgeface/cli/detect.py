"""`edgeface detect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.tasks.detection.faces import Face


EXAMPLES = ("edgeface detect photo.jpg --artifact out/retinaface_mnet025-tflite-int8 --out faces.jpg",)


def detect(
    image: Annotated[Path, typer.Argument(help="An image.")],
    artifact: Annotated[Path, typer.Option(help="An artifact folder.")],
    out: Annotated[Path | None, typer.Option(help="Write the image with the faces drawn on it here.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Minimum score, 0 to 1; the contract's by default.")] = None,
    json_output: Json = False,
) -> None:
    """Find the faces in an image with an exported artifact."""
    from edgeface.cli.image import check_image_path, write_image
    from edgeface.core.artifact import Artifact
    from edgeface.images.files import read_image
    from edgeface.inference.detector import Detector
    from edgeface.reading.existing import refuse_missing
    from edgeface.tasks.detection.draw import draw_faces

    if out is not None:
        check_image_path(out)
    refuse_missing({"IMAGE": image, "--artifact": artifact})
    detector = Detector(Artifact.open(artifact))
    pixels = read_image(image)
    faces = detector.detect(pixels, threshold)
    if out is not None:
        write_image(out, draw_faces(pixels, faces))
    if json_output:
        drawn = None if out is None else str(out)
        height, width = pixels.shape[:2]
        found = [face.as_dict() for face in faces]
        print_json({"image": str(image), "height": height, "width": width, "faces": found, "drawn": drawn})
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
