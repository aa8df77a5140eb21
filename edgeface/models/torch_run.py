"""Run a torch module as the fp32 reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeface.contract import Contract
from edgeface.graph.types import Array

if TYPE_CHECKING:
    import torch


def run_module(module: torch.nn.Module, image: Array, contract: Contract) -> dict[str, Array]:
    """The module's outputs for one image, by the contract's names.

    Args:
        module: in eval mode.
        image: float32 [1,3,H,W].
        contract: names the outputs, in the module's order.
    """
    import torch

    with torch.inference_mode():
        found = module(torch.from_numpy(np.ascontiguousarray(image)))
    names = (contract.outputs.boxes, contract.outputs.scores, contract.outputs.landmarks)
    return {name: tensor.numpy() for name, tensor in zip(names, found, strict=True)}
