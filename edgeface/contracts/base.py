"""Fields that the contracts of all tasks share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import Self

from edgeface.contracts.decode_table import Decoders
from edgeface.contracts.frozen import ColorOrder, Frozen
from edgeface.contracts.image_input import ImageInput

Activation = Literal["relu", "leaky_relu", "relu6", "prelu"]


class BaseContract(Frozen):
    """Fields that the contracts of all tasks share.

    `activation` is set for families, which build their network with it; a user's own model file needs none. `further`
    names outputs that come after the task's own in the network's order, such as angles or a quality: artifacts keep
    them, the task does not read them.
    """

    family: str
    variant: str
    activation: Activation | None = None
    input: ImageInput
    further: tuple[Annotated[str, Field(min_length=1, max_length=256)], ...] = Field(default=(), max_length=16)

    @classmethod
    def as_fields(cls, document: Mapping[str, Any], decoders: Decoders, where: str) -> Mapping[str, Any]:  # noqa: ARG003
        """The document of a contract file with its tables read as the contract's fields.

        The tables `decode` and `recognition` of other tasks are left out.

        Args:
            document: of a contract file.
            decoders: parameters of the known decoders by name; empty if none is to be checked.
            where: the file.

        Raises:
            InputError: a key stands in two places, or is no parameter of the decoder.
        """
        return {key: value for key, value in document.items() if key not in ("decode", "recognition")}

    @property
    def network(self) -> tuple[object, ...]:
        """What determines the network: contracts that are equal in this differ only in preprocessing."""
        return (self.activation,)

    def with_color(self, color: ColorOrder) -> Self:
        """The same contract with a color order; mean and scale stay in tensor channel order.

        Raises:
            InputError: the input is grey.
        """
        return self.model_copy(update={"input": self.input.with_color(color)})

    def with_declared_color(self, color: ColorOrder) -> Self:
        """The same contract with a color order that the user declares."""
        return self.with_color(color)

    def upright(self) -> Self:
        """The same contract once the model takes its input channels first and rows before columns."""
        return self.model_copy(update={"input": self.input.upright()})
