"""What families share that are told by their checkpoints' tensors: a family adds its contracts and its network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.contracts import Contract

if TYPE_CHECKING:
    from torch import nn

_MAX_SIDE = 192


@dataclass(frozen=True)
class CheckpointFamily:
    """A family without `variants` and `network`.

    Attributes:
        name: as in `Family`.
        task: as in `Family`.
        description: as in `Family`.
        slope: mean negative slope of the activations, for seeded weights.
        input_deviation: standard deviation of the network's input, for seeded weights.
        images_tell: whether images are to tell or confirm the rest of the contract, such as the color order.
    """

    name: str
    task: str
    description: str
    slope: float = 0.0
    input_deviation: float = 0.5
    images_tell: bool = False

    @property
    def recipe(self) -> str:
        """The recipe of a family that ships none of its own: that of its task."""
        return self.task

    def variants(self) -> dict[str, Contract]:
        """The known contracts by variant name; the first is the default."""
        raise NotImplementedError

    def network(self, contract: Contract) -> nn.Module:
        """The network that the contract declares, with torch's initial weights."""
        raise NotImplementedError

    def build(self, contract: Contract) -> nn.Module:
        """The network in eval mode with torch's initial weights."""
        return self.network(contract).eval().requires_grad_(False)

    def load(self, path: Path, contract: Contract) -> nn.Module:
        """The network with the weights of a checkpoint, in eval mode.

        Raises:
            CheckpointError: the file is not a checkpoint of this variant.
        """
        from edgeface.models.checkpoint import load_weights

        module = self.build(contract)
        load_weights(module, path)
        return module

    def variant_of(self, path: Path) -> str | None:
        """The variant that the tensors tell; None where variants share a network or images are to tell the rest.

        Raises:
            CheckpointError: no variant matches; the nearest is named.
        """
        from edgeface.models.layouts import told_variant

        told = told_variant(path, self)
        return None if self.images_tell else told

    def random(self, contract: Contract, seed: int) -> nn.Module:
        """The network with seeded weights, in eval mode; the same seed gives the same weights.

        Its batch norms have the statistics of seeded images.
        """
        from edgeface.models._random_weights import randomize, settle_statistics, smooth_images, smooth_kernels

        module = self.build(contract)
        randomize(module, seed, self.slope, self.input_deviation)
        smooth_kernels(module, seed)
        size = min(contract.input.height, _MAX_SIDE), min(contract.input.width, _MAX_SIDE)
        count = 4 if max(size) < _MAX_SIDE else 6
        settle_statistics(module, smooth_images(seed, size, self.input_deviation, count))
        return module
