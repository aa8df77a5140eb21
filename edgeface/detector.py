"""A face detector made of an artifact: photograph in, faces out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.artifact import Artifact
from edgeface.errors import ContractError, InputError
from edgeface.images import letterbox
from edgeface.runtimes import open_runner
from edgeface.runtimes.float_io import FloatRunner
from edgeface.tasks.detection.faces import Face, detect_faces


class Detector:
    """Runs an artifact as its contract says.

    Args:
        artifact: an opened artifact of a detection model.
        threads: threads inside one operator, at least 1.

    Raises:
        InputError: the model file is missing or damaged.
        RuntimeFailure: the runtime refuses the model.
        ContractError: the model's input is not the one that the contract declares.
    """

    def __init__(self, artifact: Artifact, threads: int = 1) -> None:
        self.artifact = artifact
        self.contract = artifact.contract
        self._runner = FloatRunner(open_runner(artifact, threads), artifact.manifest.layout)
        declared = self.contract.input
        wanted = {declared.name: (1, 3, declared.height, declared.width)}
        found = {spec.name: spec.shape for spec in self._runner.inputs}
        if found != wanted:
            raise ContractError(
                f"the model's inputs are {found}, its contract says {wanted}",
                where=str(artifact.model_path),
                fix="export the artifact again",
            )

    def detect(self, image: NDArray[np.uint8], threshold: float | None = None) -> list[Face]:
        """Find faces in a photograph.

        Args:
            image: uint8 [H,W,3] in BGR, any size.
            threshold: least score of a face, 0 to 1; None takes the contract's.

        Returns:
            Faces by falling score, in pixels of the photograph.

        Raises:
            InputError: the array is not a photograph, or the threshold not a score.
            ContractError: the model's outputs are not what the contract says.
            RuntimeFailure: the runtime fails.
        """
        if threshold is not None and not 0 <= threshold <= 1:
            raise InputError(f"threshold {threshold} is no score", fix="use a number from 0 to 1")
        tensor, scale = letterbox(image, self.contract.input)
        outputs = self._runner.run({self.contract.input.name: tensor})
        height, width = image.shape[:2]
        return detect_faces(outputs, self.contract, scale, (height, width), threshold)


def load(path: Path | str, threads: int = 1) -> Detector:
    """Open an artifact, ready to run.

    Args:
        path: the folder that an export wrote, or the model file in it.
        threads: threads inside one operator, at least 1.

    Raises:
        EdgefaceError: as `Artifact.open` and `Detector` do.
    """
    return Detector(Artifact.open(Path(path)), threads)
