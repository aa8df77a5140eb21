"""A face detector from an artifact: image in, faces out."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.declared import open_declared
from edgeface.contracts import detection
from edgeface.core.artifact import Artifact
from edgeface.errors import InputError
from edgeface.images.files import letterbox
from edgeface.tasks.detection.detect import decoding_of, detect_faces
from edgeface.tasks.detection.faces import Face


class Detector:
    """A detector that runs an artifact as its contract says. Threads may share it (see `edgeface.load`).

    Args:
        artifact: an opened artifact of a detection model.
        threads: threads inside one operator, at least 1.

    Raises:
        InputError: the model file is missing or damaged.
        RuntimeFailure: the runtime refuses the model.
        ContractError: the artifact is not a detector's, or its input is not the one that the contract declares.
    """

    task: ClassVar[str] = "detection"

    def __init__(self, artifact: Artifact, threads: int = 1) -> None:
        self.artifact = artifact
        self.contract = detection(artifact.contract, str(artifact.folder))
        self._runner = open_declared(artifact, threads)

    @cached_property
    def landmark_count(self) -> int:
        """How many landmarks its faces have."""
        return decoding_of(self.contract).landmark_count()

    def detect(self, image: NDArray[np.uint8], threshold: float | None = None) -> list[Face]:
        """The faces in an image.

        Args:
            image: uint8 [H,W,3] in BGR, any size.
            threshold: minimum score of a face, 0 to 1; None uses the contract's.

        Returns:
            Faces by falling score, in pixels of the image.

        Raises:
            InputError: the array is not an image, or the threshold is not a score.
            ContractError: the model's outputs are not what the contract says.
            RuntimeFailure: the runtime fails.
        """
        if threshold is not None and not 0 <= threshold <= 1:
            raise InputError(f"threshold {threshold} is not a score", fix="use a number from 0 to 1")
        tensor, scale = letterbox(image, self.contract.input)
        outputs = self._runner.run({self.contract.input.name: tensor})
        height, width = image.shape[:2]
        return detect_faces(outputs, self.contract, scale, (height, width), threshold)


OPENER = Detector
