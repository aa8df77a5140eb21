"""Run a torch module as the float32 reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from edgeface.contracts import Contract
from edgeface.graph.types import Array

if TYPE_CHECKING:
    import torch


def torch_network(module: torch.nn.Module, contract: Contract) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
    """The module as a function from float32 NCHW images by name to float32 outputs by name.

    Args:
        module: in eval mode.
        contract: names the input and the outputs.
    """
    return lambda feeds: run_module(module, feeds[contract.input.name], contract)


def run_module(module: torch.nn.Module, image: Array, contract: Contract) -> dict[str, Array]:
    """The module's outputs for one image, by the contract's names.

    Sets torch to one thread, for the whole process.

    Args:
        module: in eval mode.
        image: float32 [1,3,H,W].
        contract: names the outputs, in the module's order.
    """
    import torch

    # One thread: torch's threads spin while they wait, which on busy cores is far slower than a single thread.
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    with torch.inference_mode():
        made = module(torch.from_numpy(np.ascontiguousarray(image)))
    found = made if isinstance(made, tuple) else (made,)
    return {name: tensor.numpy() for name, tensor in zip(contract.output_names, found, strict=True)}
