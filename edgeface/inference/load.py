"""Loading of any artifact, ready to run."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import edgeface.inference as home
from edgeface.core.artifact import Artifact
from edgeface.errors import ContractError
from edgeface.inference.detector import Detector
from edgeface.inference.numbers import NumberReader
from edgeface.inference.recognizer import Recognizer
from edgeface.reading.given_path import StrPath
from edgeface.tasks import task_of

Opener: TypeAlias = Callable[[Artifact, int], Detector | Recognizer | NumberReader]


@cache
def openers() -> dict[str, Opener]:
    """The constructors of artifacts by their contract's task: each `OPENER` of a module in this folder."""
    modules = (
        importlib.import_module(f"{home.__name__}.{found.name}") for found in pkgutil.iter_modules(home.__path__)
    )
    found = [module.OPENER for module in modules if hasattr(module, "OPENER")]
    return {opener.task: opener for opener in found}


def load(path: StrPath, threads: int = 1) -> Detector | Recognizer | NumberReader:
    """The detector or recognizer of an artifact, as its contract's task says; a `NumberReader` of any other network.

    Where you know which it is, `load_detector` and `load_recognizer` say so to type checkers too.

    Threads may share it. In TFLite and TensorRT their runs take turns; load it once for each thread where they shall
    run side by side, which takes its memory each time.

    Args:
        path: the folder that an export wrote, the model file in it, or an opened `Artifact`.
        threads: threads inside one operator, at least 1.

    Raises:
        ContractError: no module here runs artifacts of its task.
        EdgefaceError: as `Artifact.open`, `Detector` and `Recognizer` do.

    Example:
        >>> network = edgeface.load("out/retinaface_mnet025-tflite-int8")
        >>> isinstance(network, edgeface.Detector)
        True
    """
    artifact = Artifact.open(path)
    task = task_of(artifact.contract).name
    if task not in openers():
        raise ContractError(
            f"nothing runs artifacts for {task}", where=str(artifact.folder), fix=f"known: {', '.join(openers())}"
        )
    return openers()[task](artifact, threads)


def load_detector(path: StrPath, threads: int = 1) -> Detector:
    """The detector of an artifact; see `load`.

    Args:
        path: the folder that an export wrote, the model file in it, or an opened `Artifact`.
        threads: threads inside one operator, at least 1.

    Raises:
        ContractError: the artifact is not a detector's.
        EdgefaceError: as `Artifact.open` and `Detector` do.

    Example:
        >>> detector = edgeface.load_detector("out/retinaface_mnet025-tflite-int8")
        >>> faces = detector.detect(edgeface.read_image("group.jpg"))
    """
    return Detector(Artifact.open(path), threads)


def load_recognizer(path: StrPath, threads: int = 1) -> Recognizer:
    """The recognizer of an artifact; see `load`.

    Args:
        path: the folder that an export wrote, the model file in it, or an opened `Artifact`.
        threads: threads inside one operator, at least 1.

    Raises:
        ContractError: the artifact is not a recognizer's.
        EdgefaceError: as `Artifact.open` and `Recognizer` do.

    Example:
        >>> recognizer = edgeface.load_recognizer("out/mobilefacenet-tflite-int8")
        >>> embedding = recognizer.embed(edgeface.read_image("aligned.png"))
    """
    return Recognizer(Artifact.open(path), threads)
