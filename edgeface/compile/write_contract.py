"""The contract of an ONNX file alone, without an export."""

from __future__ import annotations

from pathlib import Path

from edgeface.compile.infer_contract import recognize, settle
from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.images.folder import list_images
from edgeface.images.split import read_images, spread
from edgeface.inference.detector import Detector
from edgeface.reading.existing import refuse_missing
from edgeface.tasks.undeclared import Settled

PROBES = 16
COLORS = ("bgr", "rgb")


def written_contract(
    model: Path, images: Path | None, size: tuple[int, int] | None, color: str | None, detector: Path | None
) -> Settled:
    """The contract of a file, with a verdict on each field; one that nothing tells is refused there.

    Args:
        model: an .onnx file.
        images: a folder of photographs, or of aligned faces; a few, spread over it, are read.
        size: height and width of the input in pixels.
        color: the order of channels, if it is known.
        detector: an artifact that finds the faces in photographs, for a recognizer.

    Raises:
        InputError: a path or option cannot be used, or the outputs are of no known format.
        ContractError: the images contradict `color`.
        GraphError, RuntimeFailure: the model is invalid.
    """
    refuse_missing({"MODEL": model, "--images": images, "--detector": detector})
    if color is not None and color not in COLORS:
        raise InputError(f"unknown --color {color!r}", fix=f"use one of {', '.join(COLORS)}")
    found = recognize(model, size)
    find = None if detector is None else Detector(Artifact.open(detector)).detect
    shown = [] if images is None else list(read_images(spread(list_images(images), PROBES), "reading images"))
    return settle(found, shown, find, {} if color is None else {"color": color})
