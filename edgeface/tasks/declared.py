"""The contract that a user's file declares, with what is known of decoders."""

from __future__ import annotations

from pathlib import Path

from edgeface.contracts import Contract
from edgeface.contracts.read import read_contract
from edgeface.tasks.detection.decoders import parameters_of_decoders


def declared_contract(path: Path) -> Contract:
    """The contract of a TOML file. Its family may name a decoder, whose parameters its keys are compared with.

    Raises:
        InputError: as `edgeface.contracts.read.read_contract`.
    """
    return read_contract(path, parameters_of_decoders())
