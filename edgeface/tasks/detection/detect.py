"""Faces of an image from a network's outputs, decoded as its contract says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from edgeface.contracts import DetectionContract, Parameters
from edgeface.graph.types import Array
from edgeface.images.fit import Scale
from edgeface.tasks.detection.decoders import open_decoder
from edgeface.tasks.detection.decoding import Decoder, Decoding
from edgeface.tasks.detection.faces import Face


@lru_cache(maxsize=64)
def decoding_of(contract: DetectionContract) -> Decoding:
    """The conversion of a network's outputs to faces, as its contract says.

    Raises:
        ContractError: there is no such decoder, it does not have these parameters, or an output that it needs has
            no name.
    """
    where, size = f"{contract.family} ({contract.variant})", contract.input
    decoder = _decoder(contract.decoder, contract.parameters, where)
    found = Decoding(decoder, contract.outputs.by_role, size.height, size.width, contract.nms_iou, where)
    found.shapes()  # refuses names that are not the decoder's
    return found


def detect_faces(
    outputs: Mapping[str, Array],
    contract: DetectionContract,
    letterbox_scale: Scale,
    image_shape: tuple[int, int],
    threshold: float | None = None,
) -> list[Face]:
    """The faces of one image: outputs decoded, overlaps suppressed, mapped back to the image's pixels.

    Args:
        outputs: the network's float32 outputs by the names that the contract gives them.
        contract: the detector's contract, with the input size that was run.
        letterbox_scale: what `edgeface.images.files.letterbox` returned.
        image_shape: the image's height and width in pixels.
        threshold: minimum score of a face; None uses the contract's.

    Returns:
        Faces by falling score.

    Raises:
        ContractError: an output is missing, or its shape is not the contract's.
    """
    min_score = contract.score_threshold if threshold is None else threshold
    return decoding_of(contract).faces(outputs, letterbox_scale, image_shape, min_score)


def moved_right(faces: Sequence[Face], by: float) -> list[Face]:
    """The faces moved to the right by a number of pixels of the image; boxes may then reach beyond it."""
    return [
        replace(
            face,
            box=(face.box[0] + by, face.box[1], face.box[2] + by, face.box[3]),
            landmarks=tuple((x + by, y) for x, y in face.landmarks),
        )
        for face in faces
    ]


@lru_cache(maxsize=64)
def _decoder(name: str, parameters: Parameters, where: str) -> Decoder:
    """The decoder for any input size."""
    return open_decoder(name, parameters.model_dump(), where)
