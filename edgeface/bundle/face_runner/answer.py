"""Answers of the programs and the service about images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.images import read_image
from edgeface.bundle.face_runner.pipeline import FaceRunner


def answer(runner: FaceRunner, command: str, images: list[Path]) -> dict[str, Any]:
    """A command's answer about images, for JSON.

    Raises:
        RunnerError: an image is not usable, the bundle has no recognizer, or the command is unknown.
    """
    if command == "detect":
        return {"images": [_detected(runner, path) for path in images]}
    if command in ("embed", "compare"):
        runner.require_recognizer()
    if command == "embed":
        return {"images": [_embedded(runner, path) for path in images]}
    if command == "compare" and len(images) == 2:
        a, b = images
        verdict = runner.compare(read_image(a), read_image(b), (str(a), str(b)))
        return {"similarity": verdict.similarity, "threshold": verdict.threshold, "same": verdict.same}
    raise RunnerError(f"no command is {command!r} with {len(images)} images", fix="detect, embed, or compare two")


def _detected(runner: FaceRunner, path: Path) -> dict[str, Any]:
    return {"image": str(path), "faces": [face.as_dict() for face in runner.detect(read_image(path))]}


def _embedded(runner: FaceRunner, path: Path) -> dict[str, Any]:
    image = read_image(path)
    face = runner.main_face(image, str(path))
    embedding = runner.embed(runner.aligned(image, face))
    return {"image": str(path), "face": face.as_dict(), "embedding": embedding.tolist()}
