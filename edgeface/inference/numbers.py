"""Any other network from an artifact: image in, numbers out."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.declared import open_declared
from edgeface.contracts import generic
from edgeface.core.artifact import Artifact
from edgeface.images.files import letterbox
from edgeface.images.given import Color, GivenImage, given_image


class NumberReader:
    """A network that runs an artifact as its contract says, and gives its outputs. Threads may share it.

    Args:
        artifact: an opened artifact of a network for landmarks or scores.
        threads: threads inside one operator, at least 1.

    Raises:
        InputError: the model file is missing or damaged.
        RuntimeFailure: the runtime refuses the model.
        ContractError: the artifact is of another task, or its input is not the one that the contract declares.
    """

    task: ClassVar[str] = "generic"

    def __init__(self, artifact: Artifact, threads: int = 1) -> None:
        self.artifact = artifact
        self.contract = generic(artifact.contract, str(artifact.folder))
        self._runner = open_declared(artifact, threads)

    def read(self, image: GivenImage, *, color: Color = "bgr") -> dict[str, NDArray[np.float32]]:
        """The network's numbers for an image, float32 by the contract's names for its outputs.

        Args:
            image: uint8 [H,W,3], any size: what it has to show, e.g. a face with some margin, is up to you.
            color: the order of the image's channels, "bgr" or "rgb".

        Raises:
            InputError: the image is None, or no such array.
            RuntimeFailure: the runtime fails.

        Example:
            >>> numbers = reader.read(edgeface.read_image("face.jpg"))
            >>> numbers["output"].shape
        """
        tensor, _ = letterbox(given_image(image, color), self.contract.input)
        outputs = self._runner.run({self.contract.input.name: tensor})
        return {role: outputs[name] for role, name in self.contract.outputs.by_role.items()}


OPENER = NumberReader
