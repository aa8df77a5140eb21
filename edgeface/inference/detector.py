"""A face detector from an artifact: image in, faces out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.declared import open_declared
from edgeface.contracts import detection
from edgeface.core.artifact import Artifact
from edgeface.graph.types import Array
from edgeface.images.files import fitted, placed
from edgeface.images.fit import Scale
from edgeface.images.given import Color, GivenImage, given_image, given_images
from edgeface.images.tensor import TensorMemory, fill_all
from edgeface.tasks.detection.detect import decoding_of, detect_faces
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.score import check_score

TOGETHER = 8
"""Images of a batch whose outputs are decoded together, while the processor's caches hold what decodes them."""


class Detector:
    """A detector that runs an artifact as its contract says. Threads may share it (see `edgeface.load`).

    `edgeface.load_detector` makes one of a folder.

    Args:
        artifact: an opened artifact of a detection model.
        threads: threads inside one operator, at least 1.

    Attributes:
        artifact: the artifact.
        contract: how images become its input, and what its outputs mean; `contract.score_threshold` is the default
            threshold.

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
        self._fillable = self._runner.is_fillable
        self._memory = TensorMemory(self.contract.input.shape, self._runner.channels_last)

    @cached_property
    def landmark_count(self) -> int:
        """How many landmarks its faces have."""
        return decoding_of(self.contract).landmark_count()

    def detect(self, image: GivenImage, threshold: float | None = None, *, color: Color = "bgr") -> list[Face]:
        """The faces in an image.

        Args:
            image: uint8 [H,W,3], any size.
            threshold: minimum score of a face, 0 to 1; None uses the contract's.
            color: the order of the image's channels: "bgr" as OpenCV's, "rgb" as PIL's.

        Returns:
            Faces by falling score, in pixels of the image; empty if there are none.

        Raises:
            InputError: the image is None or no such array, or the threshold is not a score.
            ContractError: the model's outputs are not what the contract says.
            RuntimeFailure: the runtime fails.

        Example:
            >>> for face in detector.detect(cv2.imread("group.jpg"), threshold=0.5):
            ...     print(face.score, face.box)
        """
        check_score(threshold)
        return self._faces(self._seen(given_image(image, color)), threshold)

    def detect_batch(
        self, images: Sequence[GivenImage] | NDArray[Any], threshold: float | None = None, *, color: Color = "bgr"
    ) -> list[list[Face]]:
        """The faces of several images, which may have different sizes: what `detect` gives for each.

        The network runs on one after the other, so the results are equal to those of one by one, to the bit.

        Args:
            images: a list of uint8 [H,W,3], or one array uint8 [n,H,W,3].
            threshold: minimum score of a face, 0 to 1; None uses the contract's.
            color: the order of the images' channels, "bgr" or "rgb".

        Returns:
            For each image its faces by falling score.

        Raises:
            InputError: one is no image; the error says which.
            EdgefaceError: as `detect` does.

        Example:
            >>> first, second = detector.detect_batch([image, other])
        """
        check_score(threshold)
        found: list[list[Face]] = []
        for together in _in_groups(given_images(images, color)):
            seen = [self._seen(pixels) for pixels in together]
            found += [self._faces(each, threshold) for each in seen]
        return found

    def _seen(self, pixels: NDArray[np.uint8]) -> _Seen:
        spec = self.contract.input
        resized, scale = fitted(pixels, spec)
        if self._fillable:
            outputs = self._runner.run_filled(lambda given: fill_all(given, resized, spec.color, spec.mean, spec.scale))
        else:
            outputs = self._runner.run({spec.name: placed(resized, spec, self._memory)})
        return _Seen(outputs, scale, (pixels.shape[0], pixels.shape[1]))

    def _faces(self, seen: _Seen, threshold: float | None) -> list[Face]:
        return detect_faces(seen.outputs, self.contract, seen.scale, seen.size, threshold)


@dataclass(frozen=True)
class _Seen:
    """The network's outputs for an image, the scale that it was fed at, and its height and width."""

    outputs: Mapping[str, Array]
    scale: Scale
    size: tuple[int, int]


def _in_groups(images: Iterator[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
    """The images, a few at a time."""
    while group := list(islice(images, TOGETHER)):
        yield group


OPENER = Detector
