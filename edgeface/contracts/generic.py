"""What a network does not say about itself whose outputs are for others to read: landmarks, quality, liveness, age."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from edgeface.contracts.base import BaseContract
from edgeface.contracts.decoding import OutputNames


class GenericContract(BaseContract):
    """Contract of a network whose outputs are judged as numbers, for no decision that they are taken for is known.

    `outputs` are names of the network's outputs by any names of one's own. What an image has to show, e.g. a face with
    some margin (`input.crop`), is the caller's business: an image is resized to the input, by `input.fit`.
    """

    task: Literal["landmarks", "scores"] = "scores"
    outputs: OutputNames

    @field_validator("outputs")
    @classmethod
    def _any(cls, given: OutputNames) -> OutputNames:
        if not given.by_role:
            raise ValueError("name an output of the model at least")
        return given

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the network's order."""
        return (*self.outputs.by_role.values(), *self.further)

    def with_input_size(self, height: int, width: int) -> GenericContract:
        """The same contract for another input size in pixels.

        Raises:
            InputError: a side is too short or too long, or not a multiple of the input's `multiple_of`.
        """
        return self.model_copy(update={"input": self.input.with_size(height, width)})
