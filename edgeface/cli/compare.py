"""`edgeface compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeface.cli.face_options import (
    Aligned,
    FaceThreshold,
    MatchThreshold,
    OptionalDetectorFolder,
    RecognizerFolder,
    describe_threshold,
    open_recognizer,
)
from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json

if TYPE_CHECKING:
    from edgeface.inference.pipeline import FacePipeline
    from edgeface.inference.recognizer import Recognizer
    from edgeface.tasks.recognition.comparison import Comparison


EXAMPLES = (
    "edgeface compare one.jpg other.jpg --detector out/retinaface_mnet025-tflite-int8 "
    "--recognizer out/mobilefacenet-tflite-int8",
)


def compare(
    a: Annotated[Path, typer.Argument(help="An image.")],
    b: Annotated[Path, typer.Argument(help="Another.")],
    recognizer: RecognizerFolder,
    detector: OptionalDetectorFolder = None,
    threshold: MatchThreshold = None,
    aligned: Aligned = False,
    face_threshold: FaceThreshold = None,
    json_output: Json = False,
) -> None:
    """Compare the main faces of two images: the same person or not; exit code 0 either way.

    The main face is the large one near the center. Without --threshold, the threshold measured when the
    recognizer was exported is used, else the one measured on its weights, else a default; the output says which.
    """
    from edgeface.reading.existing import refuse_missing

    refuse_missing({"A": a, "B": b, "--recognizer": recognizer, "--detector": detector})
    found = _compare(open_recognizer(recognizer, detector, aligned, face_threshold), (a, b), threshold)
    if json_output:
        print_json(_document(found, (a, b)))
        return
    print(f"similarity  {found.similarity:.3f}")
    print(f"threshold   {describe_threshold(found.threshold, found.threshold_source)}")
    print(_verdict(found))


def _compare(opened: Recognizer | FacePipeline, images: tuple[Path, Path], threshold: float | None) -> Comparison:
    from edgeface.inference.batch import embed_aligned, embed_main_faces
    from edgeface.inference.recognizer import Recognizer
    from edgeface.tasks.recognition.comparison import compare_embeddings, match_threshold

    if isinstance(opened, Recognizer):
        chosen = match_threshold(opened.artifact, threshold)
        first, second = embed_aligned(opened, images)
        return compare_embeddings(first, second, chosen)
    chosen = match_threshold(opened.recognizer.artifact, threshold)
    one, other = embed_main_faces(opened, images)
    return compare_embeddings(one.embedding, other.embedding, chosen, (one.face, other.face))


def _document(found: Comparison, images: tuple[Path, Path]) -> dict[str, Any]:
    return {
        "images": [str(image) for image in images],
        "similarity": found.similarity,
        "threshold": found.threshold,
        "threshold_source": found.threshold_source,
        "same": found.same,
        "verdict": _verdict(found),
        "faces": None if found.faces is None else [face.as_dict() for face in found.faces],
    }


def _verdict(found: Comparison) -> str:
    return "same person" if found.same else "different people"
