"""`edgeface demo`: the whole way once, from a checkpoint to faces found by an int8 artifact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.detect import face_document, format_faces
from edgeface.cli.export import artifact_document, format_artifacts
from edgeface.cli.findings import format_findings
from edgeface.cli.options import DEFAULT_MODEL, Json
from edgeface.cli.reporting import print_json
from edgeface.progress import note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TARGETS = ("tflite-int8", "onnx-fp32")
_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_WEIGHTS = _DATA / "weights" / "retinaface_mnet025_official.pth"
_CALIBRATION = _DATA / "scenes"
_HELD_OUT = _DATA / "labelled"
_DRAWN = "a drawn picture"


@dataclass(frozen=True)
class _Material:
    """What the demo runs on. None stands for what an export takes when it is given nothing."""

    weights: Path | None
    calibration: Path | None
    photograph: Path | None


def demo(
    weights: Annotated[Path | None, typer.Option(help="A RetinaFace-mnet0.25 checkpoint.")] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of photographs.")] = None,
    out: Annotated[Path, typer.Option(help="The folder that everything is written to.")] = Path("out"),
    json_output: Json = False,
) -> None:
    """Go the whole way once, from a checkpoint to faces.

    Exports the default model to tflite-int8 and onnx-fp32, and finds faces with the int8 artifact.
    """
    from edgeface.cli.picture import write_picture
    from edgeface.detector import Detector
    from edgeface.images import read_image
    from edgeface.pipeline import ExportRequest, export
    from edgeface.tasks.detection.draw import draw_faces

    material = _material(weights, images)
    if material.weights is None:
        note("no checkpoint is here: a seeded network is exported, which finds no faces; pass --weights for a real one")
    request = ExportRequest(
        model=DEFAULT_MODEL,
        targets=_TARGETS,
        weights=material.weights,
        calibration=material.calibration,
        seed=0 if material.weights is None else None,
        out=out,
    )
    artifacts = export(request)
    photograph = _drawn_picture() if material.photograph is None else read_image(material.photograph)
    faces = Detector(artifacts[0]).detect(photograph)
    picture = out / "demo.jpg"
    write_picture(picture, draw_faces(photograph, faces))
    source = _DRAWN if material.photograph is None else str(material.photograph)
    if json_output:
        documents = [artifact_document(artifact) for artifact in artifacts]
        found = [face_document(face) for face in faces]
        seeded = material.weights is None
        print_json({"artifacts": documents, "seeded": seeded, "image": source, "faces": found, "drawn": str(picture)})
        return
    print(format_artifacts(artifacts))
    for artifact in artifacts:
        print(f"\n{artifact.manifest.target}: {format_findings(artifact.certificate())}")
    print(f"\nfaces that {artifacts[0].manifest.target} finds in {source}:\n{format_faces(faces)}\ndrawn: {picture}")


def _material(weights: Path | None, images: Path | None) -> _Material:
    """What was passed, else the data folder beside the checkout, else nothing."""
    from edgeface.images import list_images

    if weights is None and _WEIGHTS.is_file():
        weights = _WEIGHTS
    if images is not None:
        return _Material(weights, images, list_images(images)[0])
    if _CALIBRATION.is_dir() and _HELD_OUT.is_dir():
        return _Material(weights, _CALIBRATION, list_images(_HELD_OUT)[0])
    return _Material(weights, None, None)


def _drawn_picture() -> NDArray[np.uint8]:
    """Three drawn heads before a plain wall, uint8 [480,640,3] in BGR."""
    import cv2
    import numpy as np

    canvas = np.full((480, 640, 3), (170, 180, 175), np.uint8)
    for x, y, radius in ((150, 200, 70), (330, 240, 45), (500, 180, 60)):
        cv2.ellipse(canvas, (x, y), (radius, radius * 5 // 4), 0, 0, 360, (140, 170, 220), cv2.FILLED)
        for side in (-1, 1):
            cv2.circle(canvas, (x + side * radius * 2 // 5, y - radius // 4), radius // 8, (40, 30, 30), cv2.FILLED)
        cv2.ellipse(canvas, (x, y + radius // 2), (radius // 3, radius // 8), 0, 0, 180, (70, 70, 170), cv2.FILLED)
    return np.asarray(canvas, np.uint8)
