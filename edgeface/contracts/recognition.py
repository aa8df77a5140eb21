"""What a face recognizer's checkpoint does not say about itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edgeface.contracts.base import BaseContract, Point
from edgeface.errors import InputError

ARCFACE_TEMPLATE: tuple[Point, Point, Point, Point, Point] = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Alignment template: eyes, nose and mouth corners in an aligned face of 112×112 pixels (insightface)."""


class RecognitionContract(BaseContract):
    """Contract of a face recognizer, which maps an aligned face to an embedding.

    `template` gives the five landmarks in the aligned face, in input pixels; `width` is the dimension of the embedding
    [1,width]. With `flip`, a face's embedding is the sum of its own and its mirror image's. Faces are compared by the
    cosine similarity of their embeddings, which need not have unit length.
    """

    task: Literal["recognition"] = "recognition"
    template: tuple[Point, Point, Point, Point, Point] = ARCFACE_TEMPLATE
    output: str = "embedding"
    width: int = Field(ge=1, le=8192)
    flip: bool = True

    @property
    def network(self) -> tuple[object, ...]:
        """The variant: each one is a different network."""
        return (self.variant,)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The name of the one output."""
        return (self.output,)

    def with_input_size(self, height: int, width: int) -> RecognitionContract:
        """The same contract, for its own size only.

        Raises:
            InputError: another size; a recognizer's weights are trained for one size.
        """
        if (height, width) != (self.input.height, self.input.width):
            raise InputError(
                f"{self.family} takes aligned faces of {self.input.height}×{self.input.width} pixels only",
                where="input size",
                fix="leave out --input",
            )
        return self
