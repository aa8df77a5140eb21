"""From a detector's outputs to faces in the image, whatever its decoder.

This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import ContractError
from edgeface.images.fit import Scale, along
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.nms import suppress_overlaps


@dataclass(frozen=True)
class Candidates:
    """Face candidates, in pixels of the input tensor, before overlaps are suppressed.

    `boxes` are x1, y1, x2, y2, float32 [n,4]; `scores` 0 to 1, float32 [n]; `landmarks` float32 [n,K,2], K points of
    each face, in the order of `Face.landmarks`; K is the same for any number of candidates, and may be 0.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    @staticmethod
    def joined(levels: Sequence[Candidates]) -> Candidates:
        """Those of several strides, one after the other."""
        return Candidates(
            np.concatenate([level.boxes for level in levels]),
            np.concatenate([level.scores for level in levels]),
            np.concatenate([level.landmarks for level in levels]),
        )


@dataclass(frozen=True)
class Recognized:
    """A decoder that a network's outputs may be for, told by their ranks, widths and numbers of candidates only.

    Attributes:
        parameters: the decoder's, as far as they differ from its defaults.
        outputs: the network's name for each role of the decoder, or its names, in order, for a role of several scales
            (`scores` for `scores_0`, `scores_1` …).
        note: in a few words, what tells this reading from another one of the same decoder.
    """

    parameters: Mapping[str, object]
    outputs: Mapping[str, str | tuple[str, ...]]
    note: str = ""


@dataclass(frozen=True)
class Documented:
    """A preprocessing that the source of a public training documents: x' = (x − mean) · scale in the order `color`."""

    color: str
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    source: str


class Decoder(Protocol):
    """The interface of a decoder: a frozen dataclass whose fields are its parameters.

    Its file defines the dataclass as `DECODER`, and may define `recognized(outputs, height, width)`, a list of
    `Recognized` for outputs by the network's names, and `INPUTS`, a tuple of `Documented`, the usual one first.
    """

    def expected(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        """Shapes of the outputs for an input of this size in pixels, by the decoder's names for them."""
        ...

    def decode(
        self, outputs: Mapping[str, NDArray[np.float32]], height: int, width: int, min_score: float
    ) -> Candidates:
        """Candidates of one image.

        Args:
            outputs: float32, of the expected shapes.
            height: the input tensor's height in pixels.
            width: the input tensor's width in pixels.
            min_score: candidates with a lower score are left out.
        """
        ...


@dataclass(frozen=True)
class Decoding:
    """Conversion of a network's outputs to faces.

    Attributes:
        decoder: turns outputs into candidates.
        names: the network's name for each of the decoder's outputs.
        height: of the input tensor, in pixels.
        width: of the input tensor, in pixels.
        max_iou: two faces overlap by at most this.
        where: the location that errors name, e.g. the model's family and variant.
    """

    decoder: Decoder
    names: Mapping[str, str]
    height: int
    width: int
    max_iou: float
    where: str

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the network's outputs, by the network's names.

        Raises:
            ContractError: the contract does not name exactly the decoder's outputs.
        """
        roles = self.decoder.expected(self.height, self.width)
        if set(self.names) != set(roles):
            raise ContractError(
                f"the contract names outputs {', '.join(self.names) or 'none'}, its decoder takes {', '.join(roles)}",
                where=self.where,
                fix="name each of them in [outputs] of the contract",
            )
        return {self.names[role]: shape for role, shape in roles.items()}

    def landmark_count(self) -> int:
        """How many landmarks a face has: those of the candidates that outputs of zeros hold beyond any score."""
        nothing = {
            role: np.zeros(shape, np.float32) for role, shape in self.decoder.expected(self.height, self.width).items()
        }
        return int(self.decoder.decode(nothing, self.height, self.width, 2.0).landmarks.shape[1])

    def candidates(self, outputs: Mapping[str, NDArray[np.float32]], min_score: float) -> Candidates:
        """Candidates of one image that score `min_score` or more.

        Args:
            outputs: the network's, float32, by the network's names.
            min_score: 0 to 1.

        Raises:
            ContractError: an output is missing, or its shape is not the decoder's.
        """
        arrays = {}
        for role, shape in self.decoder.expected(self.height, self.width).items():
            name = self.names[role]
            got = outputs.get(name)
            if got is None or not same_but_batch(got.shape, shape):
                found = "missing" if got is None else str(list(got.shape))
                raise ContractError(
                    f"output {name!r} is {found}, the contract says {list(shape)}",
                    where=self.where,
                    fix="the contract's input size, decoder, its parameters or output names are not this network's",
                )
            arrays[role] = np.asarray(got, np.float32).reshape(shape)
        return self.decoder.decode(arrays, self.height, self.width, min_score)

    def faces(
        self, outputs: Mapping[str, NDArray[np.float32]], scale: Scale, image_shape: tuple[int, int], min_score: float
    ) -> list[Face]:
        """The faces of one image: outputs decoded, overlaps suppressed, mapped back to the image's pixels.

        Args:
            outputs: the network's, float32, by the network's names.
            scale: input pixels per pixel of the image, as `edgeface.images.fit` gives it.
            image_shape: the image's height and width in pixels.
            min_score: minimum score of a face.

        Returns:
            Faces by falling score.

        Raises:
            ContractError: an output is missing, or its shape is not the decoder's.
        """
        return self.faces_of(self.candidates(outputs, min_score), scale, image_shape)

    def faces_of(self, found: Candidates, scale: Scale, image_shape: tuple[int, int]) -> list[Face]:
        """The candidates that do not overlap a better one, in pixels of the image, by falling score.

        Those whose center lies outside the image (in the padding) are dropped. Arguments as of `faces`.
        """
        kept = suppress_overlaps(found.boxes, found.scores, self.max_iou)
        scales = np.asarray(along(scale), np.float32)
        boxes = np.asarray(found.boxes[kept] / np.tile(scales, 2), np.float32)
        landmarks = np.asarray(found.landmarks[kept] / scales, np.float32)
        return _faces_inside(boxes, found.scores[kept], landmarks, image_shape)


def same_but_batch(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes are the same, or the same but for a batch axis of 1 that one of them lacks."""
    return other in (one, (1, *one)) or one == (1, *other)


def _faces_inside(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    image_shape: tuple[int, int],
) -> list[Face]:
    height, width = image_shape
    limits = np.array([width, height, width, height], np.float32)
    faces = []
    for index, box in enumerate(boxes):
        center_x, center_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if 0 <= center_x < width and 0 <= center_y < height:
            x1, y1, x2, y2 = np.clip(box, 0, limits).tolist()
            points = tuple((float(x), float(y)) for x, y in landmarks[index])
            faces.append(Face((x1, y1, x2, y2), float(scores[index]), points))
    return faces
