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

    from edgeface.artifact import Artifact
    from edgeface.tasks.detection.faces import Face

_LISTED = 10
_TARGETS = ("tflite-int8", "onnx-fp32")
_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_WEIGHTS = _DATA / "weights" / "retinaface_mnet025_official.pth"
_CALIBRATION = _DATA / "scenes"


@dataclass(frozen=True)
class _Material:
    """What the demo runs on. None stands for what an export takes when it is given nothing."""

    weights: Path | None
    calibration: Path | None


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
    photograph, source = _photograph(artifacts[0], material.calibration)
    faces = Detector(artifacts[0]).detect(photograph)
    picture = out / "demo.jpg"
    write_picture(picture, draw_faces(photograph, faces))
    if json_output:
        documents = [artifact_document(artifact) for artifact in artifacts]
        found = [face_document(face) for face in faces]
        seeded = material.weights is None
        print_json({"artifacts": documents, "seeded": seeded, "image": source, "faces": found, "drawn": str(picture)})
        return
    print(format_artifacts(artifacts))
    for artifact in artifacts:
        print(f"\n{artifact.manifest.target}: {format_findings(artifact.certificate())}")
    print(_found(artifacts[0], faces, source, material.weights is None))
    print(f"drawn: {picture}")


def _found(artifact: Artifact, faces: list[Face], source: str, seeded: bool) -> str:
    """What the artifact finds, and what that is worth."""
    target = artifact.manifest.target
    if seeded:
        return f"\n{target} runs; its {len(faces)} boxes in {source} mean nothing, for the network's weights are random"
    more = f"\nand {len(faces) - _LISTED} more" if len(faces) > _LISTED else ""
    return f"\nfaces that {target} finds in {source}:\n{format_faces(faces[:_LISTED])}{more}"


def _material(weights: Path | None, images: Path | None) -> _Material:
    """What was passed, else the data folder beside the checkout, else nothing."""
    if weights is None and _WEIGHTS.is_file():
        weights = _WEIGHTS
    if images is None and _CALIBRATION.is_dir():
        images = _CALIBRATION
    return _Material(weights, images)


def _photograph(artifact: Artifact, folder: Path | None) -> tuple[NDArray[np.uint8], str]:
    """The first photograph that judged the artifact, so that calibration did not see it; else a drawn picture."""
    from edgeface.drawn import drawn_pictures
    from edgeface.images import read_image

    if folder is None:
        return drawn_pictures(1)[0], "a drawn picture"
    file = folder / artifact.manifest.sources["judged_on"]["files"][0]
    return read_image(file), str(file)
