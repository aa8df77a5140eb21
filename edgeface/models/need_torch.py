"""The one door to torch, which is optional: what needs it, and how to get the small build."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from edgeface.errors import InputError

HOW = (
    "pip install 'edgeface[torch]'; on a machine without a GPU install torch's CPU build first, 200 MB and a minute "
    "(the index is at pytorch.org: Get Started, pip, CPU): pip's own choice brings gigabytes of CUDA"
)
"""How to install it."""


def has_torch() -> bool:
    """Whether torch is installed; does not import it."""
    return find_spec("torch") is not None


def import_torch(what: str) -> Any:
    """The module.

    Args:
        what: what needs it, as the beginning of a sentence: "--seed" or "a torch module".

    Raises:
        InputError: it is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torch":
            raise
        raise InputError(f"{what} needs torch, which is not installed", fix=HOW) from error
    return torch
