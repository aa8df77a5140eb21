"""The interface of model families."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from edgeface.contracts import Contract

if TYPE_CHECKING:
    import torch


@runtime_checkable
class Family(Protocol):
    """A network architecture, and the contracts under which public checkpoints of it were trained."""

    @property
    def name(self) -> str:
        """Name on the command line; also the module's name."""
        ...

    @property
    def task(self) -> str:
        """The contract's task, e.g. "detection"."""
        ...

    @property
    def description(self) -> str:
        """One line for `edgeface models`."""
        ...

    def variants(self) -> dict[str, Contract]:
        """The known contracts by variant name; the first is the default."""
        ...

    def build(self, contract: Contract) -> torch.nn.Module:
        """The network that the contract declares, in eval mode, with initial weights; it alone imports torch.

        Its skeleton is traced from it; see `edgeface.models.skeletons`.
        """
        ...

    def variant_of(self, path: Path) -> str | None:
        """The variant inferred from a checkpoint's tensors; None where they do not determine it.

        Raises:
            CheckpointError: the tensors are not those of a checkpoint of this family.
        """
        ...

    def random(self, contract: Contract, seed: int) -> torch.nn.Module:
        """The network with seeded random weights and plausible batch-norm statistics, in eval mode."""
        ...
