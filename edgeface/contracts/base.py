"""Fields that the contracts of all tasks share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import Self

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
