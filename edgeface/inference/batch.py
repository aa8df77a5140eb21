"""Embeddings of image files; one error names all files that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeface.core.progress import track
from edgeface.errors import InputError
from edgeface.images.files import read_image
from edgeface.images.split import LISTED_FAILURES
from edgeface.inference.pipeline import FacePipeline, IdentifiedFace
from edgeface.inference.recognizer import Recognizer

Result = TypeVar("Result")


def embed_aligned(recognizer: Recognizer, files: Sequence[Path]) -> list[NDArray[np.float32]]:
    """Embeddings of files that hold aligned faces, each float32 [width] of unit length.

    Raises:
        InputError: files cannot be used; all of them are named.
        RuntimeFailure: the runtime fails.
    """
    return _each(files, lambda path: recognizer.embed(read_image(path)))


def embed_main_faces(pipeline: FacePipeline, files: Sequence[Path]) -> list[IdentifiedFace]:
    """The main face of each image with its embedding.

    Raises:
        InputError: files cannot be used, or show no face; all of them are named.
        EdgefaceError: as `FacePipeline.main_face` does.
    """
    return _each(files, lambda path: pipeline.main_face(read_image(path), str(path)))


def _each(files: Sequence[Path], use: Callable[[Path], Result]) -> list[Result]:
    results, failed = [], []
    for path in track(files, "embedding"):
        try:
            results.append(use(path))
        except InputError as error:
            failed.append(InputError(error.what, where=error.where or str(path), fix=error.fix))
    if failed:
        raise _as_one(failed)
    return results


def _as_one(failed: Sequence[InputError]) -> InputError:
    if len(failed) == 1:
        return failed[0]
    named = "; ".join(f"{error.where}: {error.what}" for error in failed[:LISTED_FAILURES])
    more = f"; and {len(failed) - LISTED_FAILURES} more" if len(failed) > LISTED_FAILURES else ""
    fixes = sorted({error.fix for error in failed if error.fix})
    return InputError(
        f"{len(failed)} images cannot be used",
        where=named + more,
        fix=fixes[0] if len(fixes) == 1 else "remove or replace them",
    )
