"""What the programs and the service say of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.pictures import read_picture
from edgeface.bundle.face_runner.pipeline import FaceRunner


def answer(runner: FaceRunner, command: str, pictures: list[Path]) -> dict[str, Any]:
    """What a command says of pictures, as JSON has it.

    Raises:
        RunnerError: a picture is not usable, or the command is unknown.
    """
    if command == "detect":
        found = [[face.as_dict() for face in runner.detect(read_picture(path))] for path in pictures]
        return {"pictures": [{"picture": str(p), "faces": faces} for p, faces in zip(pictures, found, strict=True)]}
    if command == "embed":
        return {"pictures": [_embedded(runner, path) for path in pictures]}
    if command == "compare" and len(pictures) == 2:
        a, b = pictures
        verdict = runner.compare(read_picture(a), read_picture(b), (str(a), str(b)))
        return {"similarity": verdict.similarity, "threshold": verdict.threshold, "same": verdict.same}
    raise RunnerError(f"no command is {command!r} with {len(pictures)} pictures", fix="detect, embed, or compare two")


def _embedded(runner: FaceRunner, path: Path) -> dict[str, Any]:
    picture = read_picture(path)
    face = runner.main_face(picture, str(path))
    embedding = runner.embed(runner.aligned(picture, face))
    return {"picture": str(path), "face": face.as_dict(), "embedding": embedding.tolist()}
