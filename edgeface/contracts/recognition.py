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
"""Where eyes, nose and corners of the mouth stand in an aligned face of 112×112 pixels (insightface)."""


class RecognitionContract(BaseContract):
    """Contract of a face recognizer: an aligned face in, an embedding out.

    `template` is where the five landmarks stand in the aligned face, in pixels of the input; `width` the numbers in
    the embedding [1,width]. With `flip`, a face's embedding is the sum of its own and of its mirror image's. Faces
    are compared by the cosine of their embeddings, which need not have unit length.
    """

    task: Literal["recognition"] = "recognition"
    template: tuple[Point, Point, Point, Point, Point] = ARCFACE_TEMPLATE
    output: str = "embedding"
    width: int = Field(ge=1, le=8192)
    flip: bool = True

    @property
    def network(self) -> tuple[object, ...]:
        """The variant: each is a network of its own."""
        return (self.variant,)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The name of the one output."""
        return (self.output,)

    def with_input_size(self, height: int, width: int) -> RecognitionContract:
        """The same contract, for the size that it has anyway.

        Raises:
            InputError: another size; a recognizer's weights are trained for one.
        """
        if (height, width) != (self.input.height, self.input.width):
            raise InputError(
                f"{self.family} takes aligned faces of {self.input.height}×{self.input.width} pixels only",
                where="input size",
                fix="leave out --input",
            )
        return self
